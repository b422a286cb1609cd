// What lies under the pointer, and its details.

const Reach = 6;
const tip = byId("tip");

function distance(x, y, [x1, y1, x2, y2]) {
  const dx = x2 - x1, dy = y2 - y1, length = dx * dx + dy * dy;
  const share = length === 0 ? 0 : Math.min(1, Math.max(0, ((x - x1) * dx + (y - y1) * dy) / length));
  return Math.hypot(x - x1 - share * dx, y - y1 - share * dy);
}

function strikeUnder(x, y) {
  const s = run.strikes, row = Math.floor((y - RulerHeight) / StrikeHeight), time = timeAt(x), near = scale() * Reach;
  if (row >= strikeRows && loneNotes.length > 0 && y < size.top) {
    const note = loneNotes.findLast(i => run.notes.t[i] <= time + near);
    return note === undefined ? null : { kind: OfNote, item: note, time: run.notes.t[note], server: -1 };
  }
  let found = -1;
  for (let i = lower(strikeReach, time - near * 20); i < s.count && s.t[i] <= time + near; i++) {
    const end = Math.max(s.end[i], s.t[i] + scale() * 60);
    if (s.row[i] === row && end >= time - near) found = i;
  }
  return found < 0 ? null : { kind: OfStrike, item: found, time: s.t[found], server: -1 };
}

function requestUnder(x, y, server) {
  if (Math.abs(y - (bandTop(server) - 4)) > Reach) return null;
  const r = run.requests;
  let best = null, nearest = Reach;
  for (const i of lanes[server].requests) {
    const start = xOf(r.t[i]), end = Number.isNaN(r.end[i]) ? start : xOf(r.end[i]);
    const away = x < start ? start - x : Math.max(0, x - end);
    if (away < nearest || (away === nearest && best === null)) {
      nearest = away;
      best = { kind: OfRequest, item: i, time: r.t[i], server };
    }
  }
  return best;
}

function messageUnder(x, y) {
  let best = null, nearest = Reach;
  for (const i of drawn.items) {
    const away = distance(x, y, lineOf(i));
    if (away < nearest) {
      nearest = away;
      best = { kind: OfMessage, item: i, time: run.messages.t[i], server: run.messages.from[i] };
    }
  }
  return best;
}

function under(x, y) {
  if (x < Gutter) return null;
  if (run.violation && Math.abs(xOf(run.violation.at) - x) < 4) {
    return { kind: OfViolation, item: 0, time: run.violation.at, server: -1 };
  }
  if (y < size.top - 4) return y < RulerHeight ? null : strikeUnder(x, y);
  const server = Math.floor((y - size.top + stage.scrollTop) / size.lane);
  if (server < 0 || server >= run.servers) return messageUnder(x, y);
  const mark = requestUnder(x, y, server) ?? messageUnder(x, y);
  if (mark) return mark;
  const change = changeAt(server, timeAt(x));
  return change < 0 ? null : { kind: OfChange, item: change, time: timeAt(x), server, isBand: true };
}

// Title and fields of what a target is about.
function describe(target) {
  switch (target.kind) {
    case OfMessage: return describeMessage(target.item);
    case OfStrike: return describeStrike(target.item);
    case OfRequest: case OfAnswer: return describeRequest(target.item);
    case OfChange: return describeChange(target.item, target);
    case OfNote: return [noteText(target.item), [["at", timeText(run.notes.t[target.item])]]];
    case OfPeace: return ["All faults end", [["at", timeText(run.settled)], ["then", "the world has to recover"]]];
    default: return [`Broken: ${run.violation.checker}`, [["at", timeText(run.violation.at)], ["why", run.violation.text]]];
  }
}

function describeMessage(i) {
  const m = run.messages, fields = [["sent", timeText(m.t[i])]];
  if (m.fate[i] !== UnderWay) fields.push([m.fate[i] === Lost ? "lost" : "arrives", timeText(m.end[i])]);
  fields.push(["fate", fateText(i)]);
  if (m.text[i] >= 0) fields.push(["says", textAt(m.text[i])]);
  if (m.term[i] > 0) fields.push(["term", m.term[i]]);
  if (m.index[i] > 0 || m.logTerm[i] > 0) fields.push(["index", placeText(m.index[i], m.logTerm[i])]);
  if (m.commit[i] > 0) fields.push(["commit", m.commit[i]]);
  if (m.entries[i] > 0) fields.push(["entries", m.entries[i]]);
  if (m.reject[i]) fields.push(["rejected", m.hint[i] > 0 ? `hint ${m.hint[i]}` : "yes"]);
  return [`${run.kinds[m.kind[i]][0]} from ${nameOf(m.from[i])} to ${nameOf(m.to[i])}`, fields];
}

function describeStrike(i) {
  const s = run.strikes, fields = [["from", timeText(s.t[i])]];
  if (s.end[i] > s.t[i]) fields.push(["until", `${timeText(s.end[i])}, for ${timeText(s.end[i] - s.t[i])}`]);
  for (const note of s.notes[i].slice(0, 12)) fields.push([timeText(run.notes.t[note]), textAt(run.notes.text[note])]);
  if (s.notes[i].length > 12) fields.push(["…", `${s.notes[i].length - 12} more`]);
  if (s.notes[i].length === 0) fields.push(["effect", "none that was told"]);
  return [strikeText(i), fields];
}

function describeRequest(i) {
  const r = run.requests, fields = [["asked", timeText(r.t[i])], ["for", textAt(r.text[i]) || "?"]];
  if (!Number.isNaN(r.end[i])) fields.push(["answered", `${timeText(r.end[i])}, after ${timeText(r.end[i] - r.t[i])}`]);
  fields.push(["outcome", Outcomes[r.outcome[i]]]);
  if (r.reply[i] >= 0) fields.push(["answer", textAt(r.reply[i])]);
  return [`Request ${r.id[i]} to ${nameOf(r.server[i])}`, fields];
}

function describeChange(i, target) {
  const c = run.changes, server = c.server[i], fields = [];
  const paused = pauseAt(server, target.time);
  if (target.isBand) fields.push(["at", roughTime(target.time, scale())]);
  fields.push([target.isBand ? "since" : "at", timeText(c.t[i])]);
  if (paused) fields.push(["paused", `${timeText(paused[0])} to ${timeText(paused[1])}`]);
  if (c.state[i] < Starting) {
    fields.push(["term", c.term[i]], ["log to", `${c.last[i]}@${c.lastTerm[i]}`], ["durable", c.durable[i]]);
    fields.push(["committed", c.commit[i]]);
    if (c.leader[i] >= 0) fields.push(["leader", nameOf(c.leader[i])]);
    if (c.vote[i] >= 0) fields.push(["voted for", nameOf(c.vote[i])]);
  }
  return [`${nameOf(server)}: ${States[c.state[i]]}`, fields];
}

function showDetails(target) {
  const [title, fields] = target ? describe(target) : ["Nothing selected", []];
  byId("subject").textContent = title;
  const list = byId("details");
  list.replaceChildren(...fields.flatMap(([name, value]) => {
    const term = document.createElement("dt"), words = document.createElement("dd");
    term.textContent = name;
    words.textContent = String(value);
    return [term, words];
  }));
}

function showTip(target, x, y) {
  tip.hidden = !target;
  if (!target) return;
  const [title, fields] = describe(target);
  tip.textContent = [title, ...fields.map(([name, value]) => `${name}: ${value}`)].join("\n").slice(0, 700);
  const left = Math.min(x + 14, window.innerWidth - tip.offsetWidth - 8);
  const top = y + 18 + tip.offsetHeight > window.innerHeight ? y - tip.offsetHeight - 10 : y + 18;
  tip.style.left = Math.max(4, left) + "px";
  tip.style.top = Math.max(4, top) + "px";
}
