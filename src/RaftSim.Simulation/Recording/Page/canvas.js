// The canvas, its colours, and where things lie on it.

const chart = byId("chart");
const overview = byId("overview");
const stage = byId("stage");
const Gutter = 64, RulerHeight = 20, StrikeHeight = 14, LaneMin = 32, LaneMax = 120;
const size = { width: 0, height: 0, ratio: 1, lane: LaneMin, top: 0 };
let colours = {};

function readColours() {
  const style = getComputedStyle(document.documentElement);
  const names = ["back", "panel", "text", "dim", "rule", "focus", "follower", "pre-candidate", "candidate", "leader", "on-leader",
    "starting", "down", "pause", "commit", "cursor", "fault", "fault-edge", "violation", "votes", "appends", "heartbeats",
    "snapshots", "other", "lost", "good", "plain", "bad", "unsure"];
  colours = Object.fromEntries(names.map(name => [name, style.getPropertyValue("--" + name).trim()]));
  colours.groups = Groups.map(group => colours[group]);
  colours.states = ["follower", "pre-candidate", "candidate", "leader", "starting"].map(name => colours[name]);
  colours.outcomes = ["dim", "good", "plain", "bad", "unsure", "dim"].map(name => colours[name]);
}

function fit(canvas, width, height) {
  const ratio = window.devicePixelRatio || 1;
  const wide = Math.round(width * ratio), high = Math.round(height * ratio);
  if (canvas.width !== wide || canvas.height !== high) {
    canvas.width = wide;
    canvas.height = high;
  }
  const pen = canvas.getContext("2d");
  pen.setTransform(ratio, 0, 0, ratio, 0, 0);
  return pen;
}

function measure() {
  size.width = Math.max(stage.clientWidth, 200);
  size.height = Math.max(stage.clientHeight, 120);
  size.top = RulerHeight + Math.max(1, strikeRows + (loneNotes.length > 0 ? 1 : 0)) * StrikeHeight + 8;
  size.lane = Math.min(LaneMax, Math.max(LaneMin, (size.height - size.top - 6) / run.servers));
  const room = size.top + size.lane * run.servers + 6 - size.height;
  byId("room").style.height = Math.max(0, room) + "px";
}

const plotWidth = () => size.width - Gutter - 8;
const scale = () => (view.to - view.from) / plotWidth();
const xOf = time => Gutter + (time - view.from) / (view.to - view.from) * plotWidth();
const timeAt = x => view.from + (x - Gutter) / plotWidth() * (view.to - view.from);
const laneTop = server => size.top + server * size.lane - stage.scrollTop;
const bandHeight = () => Math.min(22, Math.max(12, size.lane * 0.36));
const bandTop = server => laneTop(server) + Math.min(16, size.lane * 0.28);
const bandMiddle = server => bandTop(server) + bandHeight() / 2;
const isLaneInView = server => laneTop(server) < size.height && laneTop(server) + size.lane > size.top;

// Lines from the lower left to the upper right, only inside a rectangle.
function hatch(pen, x, y, width, height, colour, gap) {
  if (width < 2) return;
  pen.save();
  pen.beginPath();
  pen.rect(x, y, width, height);
  pen.clip();
  pen.beginPath();
  for (let at = x - height - (x % gap); at < x + width; at += gap) {
    pen.moveTo(at, y + height);
    pen.lineTo(at + height, y);
  }
  pen.strokeStyle = colour;
  pen.lineWidth = 1;
  pen.stroke();
  pen.restore();
}

// Text that is cut off where there is no more room; nothing when hardly a letter fits.
function label(pen, text, x, y, room) {
  if (room < 12) return;
  let shown = text;
  if (pen.measureText(shown).width > room) {
    const share = room / pen.measureText(shown).width;
    shown = shown.slice(0, Math.max(0, Math.floor(shown.length * share) - 1));
    if (shown.length < 2) return;
    shown += "…";
  }
  pen.fillText(shown, x, y);
}
