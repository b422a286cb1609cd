// Messages as lines from the sender, when it sends, to the receiver, when it arrives.

const ShownMax = 1500, ThinnedMax = 120000, DetailMax = 400, NamedMax = 60;
const drawn = { items: [], inView: 0, every: 1, crosses: null };

// Which messages are drawn: all, every 2nd, 4th, … or none; always the same ones, so that nothing flickers as the view moves.
function pickMessages() {
  const m = run.messages, first = lower(m.reach, view.from), end = lower(m.t, view.to);
  const isInView = i => m.end[i] >= view.from && isShownMessage(i);
  let count = 0;
  for (let i = first; i < end; i++) if (isInView(i)) count++;
  let every = 1;
  while (count / every > ShownMax) every *= 2;
  drawn.inView = count;
  drawn.every = every;
  drawn.items = [];
  if (count > ThinnedMax) return;
  for (let i = Math.ceil(first / every) * every; i < end; i += every) if (isInView(i)) drawn.items.push(i);
}

function shownText() {
  const count = drawn.inView.toLocaleString("en");
  if (drawn.inView === 0) return "no messages in view";
  if (drawn.items.length === 0 && drawn.inView > ThinnedMax) return `${count} messages in view are hidden: zoom in to see them`;
  return drawn.every === 1 ? `${count} messages in view` : `1 of ${drawn.every} of ${count} messages is drawn: zoom in for all`;
}

// Where the line of a message begins and ends. What is lost ends on its way.
function lineOf(i) {
  const m = run.messages;
  const isDown = m.to[i] > m.from[i], height = bandHeight();
  const x1 = xOf(m.t[i]), y1 = bandTop(m.from[i]) + (isDown ? height : 0);
  const x2 = xOf(m.end[i]), y2 = bandTop(m.to[i]) + (isDown ? 0 : height);
  if (m.fate[i] === Arrived) return [x1, y1, x2, y2];
  if (m.fate[i] === UnderWay) return [x1, y1, Math.max(xOf(run.end), x1), y1 + (y2 - y1) * 0.6];
  // Of what is lost at once it is not known how long it would have taken.
  return m.end[i] === m.t[i] ? [x1, y1, x1 + 8, y1 + (y2 - y1) * 0.45] : [x1, y1, x2, y1 + (y2 - y1) * 0.8];
}

function drawMessages(pen) {
  pickMessages();
  const m = run.messages, isDetailed = drawn.items.length <= DetailMax;
  const alpha = drawn.every > 1 ? 0.3 : isDetailed ? 0.95 : 0.6;
  const paths = Groups.map(() => new Path2D()), gone = Groups.map(() => new Path2D()), heads = Groups.map(() => new Path2D());
  const crosses = new Path2D();
  for (const i of drawn.items) {
    const [x1, y1, x2, y2] = lineOf(i), isGone = m.fate[i] !== Arrived;
    const path = (isGone ? gone : paths)[m.group[i]];
    path.moveTo(x1, y1);
    path.lineTo(x2, y2);
    if (m.fate[i] === Lost) cross(crosses, x2, y2, isDetailed ? 4 : 2.5);
    else if (isDetailed && !isGone) head(heads[m.group[i]], x1, y1, x2, y2);
  }
  pen.globalAlpha = alpha;
  pen.lineWidth = isDetailed ? 1.3 : 1;
  Groups.forEach((_, group) => {
    pen.strokeStyle = pen.fillStyle = colours.groups[group];
    pen.stroke(paths[group]);
    pen.fill(heads[group]);
    pen.setLineDash([5, 3]);
    pen.stroke(gone[group]);
    pen.setLineDash([]);
  });
  pen.globalAlpha = 1;
  drawn.crosses = crosses;
  const taken = [];
  if (drawn.items.length <= NamedMax) drawn.items.forEach(i => nameMessage(pen, i, taken));
}

// Where messages were lost, be it beneath the lane of a third server.
function drawCrosses(pen) {
  pen.globalAlpha = drawn.every > 1 ? 0.6 : 1;
  pen.strokeStyle = colours.lost;
  pen.lineWidth = drawn.items.length <= DetailMax ? 2 : 1;
  pen.stroke(drawn.crosses);
  pen.globalAlpha = 1;
}

function head(path, x1, y1, x2, y2) {
  const angle = Math.atan2(y2 - y1, x2 - x1), reach = 7, wide = 0.4;
  path.moveTo(x2, y2);
  path.lineTo(x2 - reach * Math.cos(angle - wide), y2 - reach * Math.sin(angle - wide));
  path.lineTo(x2 - reach * Math.cos(angle + wide), y2 - reach * Math.sin(angle + wide));
  path.closePath();
}

// Where there are few, beside each line what it is, unless another name is there already.
function nameMessage(pen, i, taken) {
  const m = run.messages, [x1, y1, x2, y2] = lineOf(i);
  const down = y2 > y1, y = bandTop(m.from[i]) + (down ? bandHeight() + 13 : -8);
  const x = x1 + (x2 - x1) * (y2 === y1 ? 0 : (y - y1) / (y2 - y1)) + 5;
  const text = run.kinds[m.kind[i]][0] + (m.entries[i] > 0 ? ` ${m.entries[i]}` : "") + (m.reject[i] ? " no" : "");
  const width = pen.measureText(text).width;
  if (x < Gutter || taken.some(other => Math.abs(other.y - y) < 11 && x < other.right && x + width > other.x)) return;
  taken.push({ x, y, right: x + width + 4 });
  pen.fillStyle = colours.back;
  pen.globalAlpha = 0.8;
  pen.fillRect(x - 1, y - 9, width + 2, 11);
  pen.globalAlpha = 1;
  pen.fillStyle = colours.groups[m.group[i]];
  pen.fillText(text, x, y);
}

// What is chosen, or under the pointer, stands out.
function emphasize(pen, target, width) {
  if (!target) return;
  pen.lineWidth = width;
  if (target.kind === OfMessage) {
    const [x1, y1, x2, y2] = lineOf(target.item), path = new Path2D(), tip = new Path2D();
    path.moveTo(x1, y1);
    path.lineTo(x2, y2);
    pen.strokeStyle = pen.fillStyle = run.messages.fate[target.item] === Lost
      ? colours.lost : colours.groups[run.messages.group[target.item]];
    pen.stroke(path);
    if (run.messages.fate[target.item] === Lost) cross(tip, x2, y2, 5); else head(tip, x1, y1, x2, y2);
    pen.stroke(tip);
    return;
  }
  if (target.kind === OfStrike) {
    const { t, end, servers } = run.strikes;
    for (const server of servers[target.item]) frameLane(pen, server, t[target.item], end[target.item]);
    return;
  }
  if (target.server >= 0 && target.time !== undefined) {
    pen.strokeStyle = colours.focus;
    pen.beginPath();
    pen.arc(xOf(target.time), bandMiddle(target.server), 7, 0, 2 * Math.PI);
    pen.stroke();
  }
}

function frameLane(pen, server, from, to) {
  const x = Math.max(xOf(from), Gutter), right = Math.min(xOf(to), size.width);
  if (right < Gutter || x > size.width) return;
  pen.strokeStyle = colours["fault-edge"];
  pen.strokeRect(x, laneTop(server) + 3, Math.max(right - x, 3), size.lane - 6);
}

let hovered = null;

function drawChart() {
  measure();
  const pen = fit(chart, size.width, size.height);
  pen.clearRect(0, 0, size.width, size.height);
  pen.font = Font;
  drawRuler(pen);
  drawStrikes(pen);
  drawLoneNotes(pen);
  pen.save();
  pen.beginPath();
  pen.rect(0, size.top - 4, size.width, size.height);
  pen.clip();
  const shown = lanes.filter(lane => isLaneInView(lane.server)), range = commitRange();
  for (const lane of shown) if (view.servers[lane.server]) drawCommit(pen, lane, range);
  drawMessages(pen);
  // Over the messages, which pass beneath: what is written on them can be read.
  for (const lane of shown) drawLane(pen, lane);
  drawCrosses(pen);
  for (const lane of shown) if (view.servers[lane.server]) drawRequests(pen, lane);
  emphasize(pen, view.chosen >= 0 ? targetOf(view.chosen) : null, 3);
  emphasize(pen, hovered, 2.5);
  drawNames(pen);
  pen.restore();
  if (run.settled !== null) drawMoment(pen, run.settled, colours.dim, "all faults end", [2, 3]);
  drawMoment(pen, view.cursor, colours.cursor, "", [4, 3]);
  if (run.violation) drawMoment(pen, run.violation.at, colours.violation, run.violation.checker, []);
  drawOverview();
}

const targetOf = event => ({
  kind: events.kind[event], item: events.item[event], time: events.t[event], server: eventServer(event), event,
});
