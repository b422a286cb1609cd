// The list of events around the cursor, how all servers stand there, and the search.

const RowsEachWay = 60;
const rows = byId("rows"), standing = byId("standing");
const found = byId("found"), words = byId("words");
let listed = "";

// Shown events before and behind a place, as many as fit.
function eventsAround(place) {
  const before = [], behind = [];
  for (let i = place - 1; i >= 0 && before.length < RowsEachWay; i--) if (isShownEvent(i)) before.push(i);
  for (let i = place; i < events.count && behind.length < RowsEachWay; i++) if (isShownEvent(i)) behind.push(i);
  return [before.reverse(), behind];
}

function rowClass(event) {
  const item = events.item[event];
  switch (events.kind[event]) {
    case OfMessage: return run.messages.fate[item] === Lost ? "lost" : "";
    case OfStrike: return "fault";
    case OfNote: return run.notes.kind[item] === 0 ? "fault" : "";
    case OfViolation: return "violation";
    default: return "";
  }
}

function makeRow(event, isFirstBehind) {
  const row = document.createElement("tr"), button = document.createElement("button");
  button.type = "button";
  button.textContent = timeText(events.t[event]);
  button.addEventListener("click", () => choose(event));
  const server = eventServer(event);
  const cells = [button, server < 0 ? "" : nameOf(server), eventText(event)].map(content => {
    const cell = document.createElement("td");
    cell.append(content);
    return cell;
  });
  row.append(...cells);
  row.className = [rowClass(event), event === view.chosen ? "chosen" : "", isFirstBehind ? "later-first" : ""].join(" ").trim();
  return row;
}

function drawList() {
  const time = focus(), state = [time, view.chosen, view.groups, view.servers, view.lostOnly].join(" ");
  if (state === listed) return;
  listed = state;
  const place = view.chosen >= 0 && events.t[view.chosen] === time ? view.chosen : lower(events.t, time);
  const [before, behind] = eventsAround(place);
  rows.replaceChildren(...before.map(event => makeRow(event, false)), ...behind.map((event, i) => makeRow(event, i === 0)));
  const box = byId("events"), first = rows.children[before.length];
  if (first) box.scrollTop = first.offsetTop - box.clientHeight / 2;
  drawStanding(time);
}

function drawStanding(time) {
  const c = run.changes;
  byId("moment").textContent = `Servers at ${timeText(Math.round(time))}${isCursorSeen() ? ", the cursor" : ", the middle"}`;
  standing.replaceChildren(...lanes.map(lane => {
    const row = document.createElement("tr"), i = changeAt(lane.server, time);
    const paused = pauseAt(lane.server, time) ? ", paused" : "";
    const values = i < 0 || c.state[i] >= Starting
      ? ["", "", "", ""]
      : [c.term[i], `${c.last[i]}@${c.lastTerm[i]}`, c.durable[i], c.commit[i]];
    for (const value of [nameOf(lane.server), i < 0 ? "" : States[c.state[i]] + paused, ...values]) {
      const cell = document.createElement("td");
      cell.textContent = String(value);
      row.append(cell);
    }
    return row;
  }));
}

// From where a step or a search goes on: from what is chosen, else from the cursor, or from the edge of a view without it.
function goesOnAt(direction) {
  if (view.chosen >= 0 && events.t[view.chosen] === view.cursor) return view.chosen + direction;
  const place = lower(events.t, isCursorSeen() ? view.cursor : direction > 0 ? view.from : view.to);
  return direction > 0 ? place : place - 1;
}

// Steps to the next event that is shown, or the one before.
function step(direction) {
  const start = goesOnAt(direction);
  for (let i = start; i >= 0 && i < events.count; i += direction) {
    if (isShownEvent(i)) return choose(i);
  }
}

// Goes on from the cursor, and from the other end when there is none; all words must be in the text. Hidden ones count, too.
function find(text, direction) {
  words.value = text;
  const wanted = text.toLowerCase().split(/\s+/).filter(word => word.length > 0);
  if (wanted.length === 0) return void (found.textContent = "");
  const at = goesOnAt(direction);
  for (let n = 0; n < events.count; n++) {
    const i = ((at + direction * n) % events.count + events.count) % events.count;
    const told = eventText(i).toLowerCase();
    if (wanted.every(word => told.includes(word))) {
      const isRound = direction > 0 ? at + n >= events.count : at - n < 0;
      found.textContent = `at ${timeText(events.t[i])}${isRound ? ", from the other end" : ""}`;
      return choose(i);
    }
  }
  found.textContent = "not found";
}
