// What is shown: a span of time, a cursor, what is chosen, and what is left out. It is in the address, to be shared.

const SpanMin = 2000;
const view = {
  from: run.from, to: run.end, cursor: run.violation ? run.violation.at : run.from,
  focus: run.from, chosen: -1,
  groups: Groups.map(() => true), servers: Array.from({ length: run.servers }, () => true), lostOnly: false,
};
const listeners = [];
let isDue = false;

// Tells all that draw, once before the next frame.
function changed() {
  if (isDue) return;
  isDue = true;
  requestAnimationFrame(() => {
    isDue = false;
    for (const listener of listeners) listener();
  });
}

function show(from, to) {
  const whole = run.end - run.from, margin = whole * 0.02;
  const span = Math.min(Math.max(to - from, SpanMin), whole + 2 * margin);
  const start = Math.min(Math.max(from, run.from - margin), run.end + margin - span);
  view.from = start;
  view.to = start + span;
  changed();
}

function zoom(factor, around = (view.from + view.to) / 2) {
  const span = Math.max(view.to - view.from, SpanMin);
  const kept = Math.max(span * factor, SpanMin);
  const share = (around - view.from) / span;
  show(around - kept * share, around + kept * (1 - share));
}

function pan(share) {
  const by = (view.to - view.from) * share;
  show(view.from + by, view.to + by);
}

const showAll = () => show(run.from, run.end);

function showViolation() {
  if (!run.violation) return showAll();
  const span = Math.min(run.end - run.from, 3e9);
  choose(events.kind.lastIndexOf(OfViolation));
  show(run.violation.at - span * 0.8, run.violation.at + span * 0.2);
}

const isCursorSeen = () => view.cursor >= view.from && view.cursor <= view.to;

// What the lists are about: the cursor, or the middle of a view that has been moved away from it and come to rest.
const focus = () => isCursorSeen() ? view.cursor : view.focus;

function setCursor(time) {
  view.cursor = Math.min(Math.max(time, run.from), run.end);
  changed();
}

// Moves to an event, and so that it can be seen.
function choose(event) {
  view.chosen = event;
  const time = events.t[event];
  setCursor(time);
  const span = view.to - view.from, edge = span >= run.end - run.from ? 0 : span * 0.05;
  if (time < view.from + edge || time > view.to - edge) show(time - span / 2, time + span / 2);
}

const isShownMessage = i => view.groups[run.messages.group[i]] && view.servers[run.messages.from[i]]
  && view.servers[run.messages.to[i]] && (!view.lostOnly || run.messages.fate[i] === Lost);

function isShownEvent(event) {
  if (events.kind[event] === OfMessage) return isShownMessage(events.item[event]);
  const server = eventServer(event);
  return server < 0 || view.servers[server];
}

function writeAddress() {
  const parts = [`t=${timeText(Math.round((view.from + view.to) / 2))}`, `span=${timeText(Math.round(view.to - view.from))}`];
  parts.push(`cursor=${timeText(Math.round(view.cursor))}`);
  const hidden = Groups.filter((_, i) => !view.groups[i]);
  if (hidden.length > 0) parts.push(`hide=${hidden.join(",")}`);
  if (view.servers.includes(false)) parts.push(`servers=${view.servers.map((on, i) => on ? i : -1).filter(i => i >= 0)}`);
  if (view.lostOnly) parts.push("lost=1");
  try {
    history.replaceState(null, "", "#" + parts.join("&"));
  } catch {
    // Some browsers keep the address of a local file as it is.
  }
}

// #t=1.2s&span=40ms, with the time in the middle; zoom=N instead of a span is N times nearer than the whole run.
function readAddress() {
  const given = new URLSearchParams(location.hash.slice(1));
  const hidden = (given.get("hide") ?? "").split(",");
  view.groups = Groups.map(group => !hidden.includes(group));
  view.lostOnly = given.get("lost") === "1";
  if (given.has("servers")) {
    const shown = given.get("servers").split(",").map(Number);
    view.servers = view.servers.map((_, i) => shown.includes(i));
  }
  const middle = readTime(given.get("t") ?? ""), cursor = readTime(given.get("cursor") ?? "");
  if (Number.isNaN(middle)) {
    showViolation();
  } else {
    const near = parseFloat(given.get("zoom") ?? "");
    const asked = near > 0 ? (run.end - run.from) / near : readTime(given.get("span") ?? "");
    const span = asked > 0 ? asked : view.to - view.from;
    show(middle - span / 2, middle + span / 2);
    setCursor(Number.isNaN(cursor) ? middle : cursor);
  }
  if (given.has("find")) find(given.get("find"), 1);
}
