// Times and events in words.

// As in traces: 350ms, 1.25s, 2m3.5s.
function timeText(nanos) {
  if (nanos < 0) return "-" + timeText(-nanos);
  nanos = Math.round(nanos);
  if (nanos === 0) return "0s";
  const decimals = (value, unit) => String(+value.toFixed(9)) + unit;
  if (nanos < 1e3) return nanos + "ns";
  if (nanos < 1e6) return decimals(nanos / 1e3, "µs");
  if (nanos < 1e9) return decimals(nanos / 1e6, "ms");
  if (nanos < 60e9) return decimals(nanos / 1e9, "s");
  const minutes = Math.floor(nanos / 60e9);
  const rest = decimals((nanos - minutes * 60e9) / 1e9, "s");
  return minutes < 60 ? `${minutes}m${rest}` : `${Math.floor(minutes / 60)}h${minutes % 60}m${rest}`;
}

// The same, no finer than what can be seen at a scale of so many nanoseconds a pixel.
function roughTime(nanos, scale) {
  const step = 10 ** Math.max(0, Math.floor(Math.log10(Math.max(scale, 1))));
  return timeText(Math.round(nanos / step) * step);
}

// NaN for what is no time.
function readTime(text) {
  const units = { ns: 1, us: 1e3, "µs": 1e3, ms: 1e6, s: 1e9, m: 60e9, h: 3600e9 };
  let sum = 0, rest = text.trim();
  if (rest === "0") return 0;
  while (rest.length > 0) {
    const match = /^(\d+(?:\.\d*)?|\.\d+)(ns|us|µs|ms|s|m|h)/.exec(rest);
    if (!match) return NaN;
    sum += parseFloat(match[1]) * units[match[2]];
    rest = rest.slice(match[0].length);
  }
  return text.trim().length === 0 ? NaN : sum;
}

const nameOf = server => "s" + server;
const textAt = place => place < 0 ? "" : run.texts[place];

// Where the term of an entry is not said, only its index.
const placeText = (index, term) => term > 0 ? `${index}@${term}` : String(index);

function messageFields(i) {
  const m = run.messages, kind = run.kinds[m.kind[i]][0];
  if (m.text[i] >= 0) return textAt(m.text[i]);
  if (m.term[i] === 0) return "";
  let words = `term ${m.term[i]}`;
  if (!kind.startsWith("Heartbeat") && kind !== "TimeoutNow") words += ` index ${placeText(m.index[i], m.logTerm[i])}`;
  if (kind === "Append" || kind === "Heartbeat") words += ` commit ${m.commit[i]}`;
  if (m.entries[i] > 0) words += ` entries ${m.entries[i]}`;
  if (m.reject[i]) words += kind === "AppendReply" ? ` rejected hint ${m.hint[i]}` : " rejected";
  return words;
}

function fateText(i) {
  const m = run.messages, why = textAt(m.why[i]);
  if (m.fate[i] === UnderWay) return "still under way at the end";
  const took = m.end[i] > m.t[i] ? ` after ${timeText(m.end[i] - m.t[i])}` : "";
  if (m.fate[i] === Lost) return (why || "is lost") + took;
  return (why || "arrives") + took;
}

function messageText(i) {
  const m = run.messages;
  const fields = messageFields(i);
  return `${nameOf(m.from[i])} → ${nameOf(m.to[i])} ${run.kinds[m.kind[i]][0]} ${fields}${fields ? ", " : ""}${fateText(i)}`;
}

function changeText(i) {
  const c = run.changes, state = c.state[i];
  if (state >= Starting) return `${nameOf(c.server[i])} is ${States[state]}`;
  const leader = c.leader[i] >= 0 && state !== 3 ? `, follows ${nameOf(c.leader[i])}` : "";
  const vote = c.vote[i] >= 0 ? `, voted for ${nameOf(c.vote[i])}` : "";
  return `${nameOf(c.server[i])} is ${States[state]} in term ${c.term[i]}, log to ${c.last[i]}@${c.lastTerm[i]}, durable `
    + `${c.durable[i]}, committed ${c.commit[i]}${leader}${vote}`;
}

const strikeText = i => `${textAt(run.strikes.name[i])} strikes, no. ${run.strikes.number[i]}`;

function requestText(i) {
  const r = run.requests;
  return `${nameOf(r.server[i])} is asked as request ${r.id[i]} ${textAt(r.text[i])}`;
}

function answerText(i) {
  const r = run.requests;
  return `${nameOf(r.server[i])} answers request ${r.id[i]}: ${Outcomes[r.outcome[i]]}, ${textAt(r.reply[i])}`;
}

function noteText(i) {
  const n = run.notes;
  const cause = n.strike[i] >= 0 ? ` (${textAt(run.strikes.name[n.strike[i]])})` : "";
  return (n.server[i] >= 0 ? nameOf(n.server[i]) + " " : "") + textAt(n.text[i]) + cause;
}

const violationText = () => `FAILED ${run.violation.checker}: ${run.violation.text}`;

function eventText(event) {
  const item = events.item[event];
  switch (events.kind[event]) {
    case OfMessage: return messageText(item);
    case OfChange: return changeText(item);
    case OfNote: return noteText(item);
    case OfRequest: return requestText(item);
    case OfAnswer: return answerText(item);
    case OfStrike: return strikeText(item);
    case OfPeace: return "all faults end: from now on the world has to recover";
    default: return violationText();
  }
}

// The server that an event is about; negative: none, or several.
function eventServer(event) {
  const item = events.item[event];
  switch (events.kind[event]) {
    case OfMessage: return run.messages.from[item];
    case OfChange: return run.changes.server[item];
    case OfNote: return run.notes.server[item];
    case OfRequest: case OfAnswer: return run.requests.server[item];
    default: return -1;
  }
}

// The servers that a text names.
const serversIn = text => Array.from(text.matchAll(/\bs(\d+)\b/g), match => +match[1]).filter(s => s < run.servers);
