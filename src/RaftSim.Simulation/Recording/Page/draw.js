// Draws what does not move between servers: ruler, faults, lanes, requests, violation, cursor, and the overview.

const Font = "11px system-ui, sans-serif";

function drawRuler(pen) {
  const wanted = scale() * 110;
  const power = 10 ** Math.floor(Math.log10(wanted));
  const step = [1, 2, 5, 10].map(n => n * power).find(n => n >= wanted);
  pen.fillStyle = colours.dim;
  pen.strokeStyle = colours.rule;
  pen.lineWidth = 1;
  pen.beginPath();
  for (let time = Math.ceil(Math.max(view.from, 0) / step) * step; time <= view.to; time += step) {
    const x = Math.round(xOf(time)) + 0.5;
    if (x < Gutter) continue;
    pen.moveTo(x, RulerHeight - 5);
    pen.lineTo(x, size.height);
    if (x + 3 + pen.measureText(timeText(time)).width < size.width) pen.fillText(timeText(time), x + 3, 12);
  }
  pen.stroke();
}

// A strike that lasts is a span, from its first blow to the last thing that it does; others are marks.
function drawStrikes(pen) {
  const s = run.strikes, first = lower(strikeReach, view.from), end = lower(s.t, view.to);
  const nextInRow = new Array(StrikeRowsMax).fill(Infinity), names = [];
  pen.lineWidth = 1;
  for (let i = end - 1; i >= first; i--) {
    const x = Math.max(xOf(s.t[i]), Gutter - 2), right = Math.min(xOf(s.end[i]), size.width);
    const y = RulerHeight + s.row[i] * StrikeHeight, row = s.row[i];
    if (right < Gutter) continue;
    const isSpan = right - x > 3;
    const isTold = s.notes[i].length > 0;
    pen.globalAlpha = isTold ? 1 : 0.45;
    if (isSpan) {
      pen.fillStyle = colours.fault;
      pen.fillRect(x, y + 1, right - x, StrikeHeight - 3);
    }
    pen.fillStyle = colours["fault-edge"];
    pen.fillRect(x, y + 1, 2, StrikeHeight - 3);
    pen.globalAlpha = 1;
    if (isTold) names.push([textAt(s.name[i]), x + 4, y + 10, Math.min(nextInRow[row], size.width) - x - 8]);
    nextInRow[row] = x;
  }
  // Behind all spans, which may lie over each other where there are more than rows.
  pen.fillStyle = colours.text;
  for (const [name, x, y, room] of names) label(pen, name, x, y, room);
}

function drawLoneNotes(pen) {
  const y = RulerHeight + strikeRows * StrikeHeight;
  let next = size.width;
  for (let i = loneNotes.length - 1; i >= 0; i--) {
    const x = xOf(run.notes.t[loneNotes[i]]);
    if (x > size.width || x < Gutter) continue;
    pen.fillStyle = colours["fault-edge"];
    pen.fillRect(x, y + 2, 2, StrikeHeight - 4);
    pen.fillStyle = colours.text;
    label(pen, textAt(run.notes.text[loneNotes[i]]), x + 4, y + 11, next - x - 8);
    next = Math.min(next, x);
  }
}

function drawLane(pen, lane) {
  const y = bandTop(lane.server), height = bandHeight();
  pen.globalAlpha = view.servers[lane.server] ? 1 : 0.35;
  let painted = -1;
  for (let i = Math.max(0, lastUpTo(lane.t, view.from)); i < lane.t.length && lane.t[i] < view.to; i++) {
    const x = Math.max(xOf(lane.t[i]), Gutter);
    const right = Math.min(xOf(i + 1 < lane.t.length ? lane.t[i + 1] : run.end), size.width);
    const isShort = right - x < 1;
    // Of many in one pixel the highest role is seen: who led for a moment matters more than who followed.
    if (right < Gutter || (isShort && Math.floor(x) === painted && lane.state[i] !== 3)) continue;
    painted = isShort ? Math.floor(x) : -1;
    drawSpan(pen, lane, i, x, y, Math.max(right - x, 1), height);
  }
  for (const [from, until] of lane.pauses) {
    if (until > view.from && from < view.to && until > from) {
      const x = Math.max(xOf(from), Gutter), right = Math.min(xOf(until), size.width);
      hatch(pen, x, y - 2, right - x, height + 4, colours.pause, 4);
      pen.strokeStyle = colours.pause;
      pen.strokeRect(x, y - 2, Math.max(right - x, 1), height + 4);
      drawTag(pen, "paused", x + 4, y + height - 5, right - x - 8);
    }
  }
  pen.globalAlpha = 1;
}

function drawTag(pen, text, x, y, room) {
  const width = pen.measureText(text).width;
  if (room < width) return;
  pen.fillStyle = colours.back;
  pen.fillRect(x - 2, y - 10, width + 4, 13);
  pen.fillStyle = colours.text;
  pen.fillText(text, x, y);
}

function drawSpan(pen, lane, i, x, y, width, height) {
  const state = lane.state[i], middle = y + height / 2;
  if (state >= Down) {
    pen.strokeStyle = colours.down;
    pen.lineWidth = 1;
    pen.setLineDash(state === Coming ? [2, 4] : state === Gone ? [8, 4] : []);
    pen.beginPath();
    pen.moveTo(x, middle);
    pen.lineTo(x + width, middle);
    pen.stroke();
    pen.setLineDash([]);
    if (state === Down) hatch(pen, x, y + 2, width, height - 4, colours.down, 7);
    drawTag(pen, States[state], x + 4, middle + 4, width - 8);
    return;
  }
  pen.fillStyle = colours.states[state];
  pen.fillRect(x, y, width, height);
  if (state === Starting) return label(pen, dimText(pen, "starting"), x + 4, middle + 4, width - 8);
  const isNew = i === 0 || lane.term[i - 1] !== lane.term[i] || lane.state[i - 1] !== state;
  if (isNew && width > 3) {
    pen.fillStyle = colours.back;
    pen.fillRect(x, y, 1, height);
  }
  pen.fillStyle = state === 3 ? colours["on-leader"] : colours.text;
  const words = state === 0 ? `term ${lane.term[i]}` : `${States[state]}, term ${lane.term[i]}`;
  const text = pen.measureText(words).width < width - 8 ? words : String(lane.term[i]);
  if (pen.measureText(text).width < width - 6) pen.fillText(text, x + 4, middle + 4);
}

function dimText(pen, text) {
  pen.fillStyle = colours.dim;
  return text;
}

// How far each has committed, from the lowest to the highest that is in view: who lags is lower.
function commitRange() {
  let low = Infinity, high = -Infinity;
  for (const lane of lanes) {
    let i = Math.max(0, lastUpTo(lane.commitAt, view.from));
    const end = lower(lane.commitAt, view.to);
    const stride = Math.max(1, Math.floor((end - i) / 2000));
    for (; i < end; i += stride) {
      if (lane.commit[i] < low) low = lane.commit[i];
      if (lane.commit[i] > high) high = lane.commit[i];
    }
    if (end > 0 && lane.commit[end - 1] > high) high = lane.commit[end - 1];
  }
  return { low: Math.min(low, high), high: Math.max(high, low + 1) };
}

function drawCommit(pen, lane, range) {
  const top = bandTop(lane.server) + bandHeight() + 4, bottom = laneTop(lane.server) + size.lane - 3;
  if (bottom - top < 5) return;
  const yOf = commit => bottom - (commit - range.low) / (range.high - range.low) * (bottom - top);
  pen.beginPath();
  let isDown = false, lastX = -1;
  for (let i = Math.max(0, lastUpTo(lane.commitAt, view.from)); i < lane.commit.length && lane.commitAt[i] < view.to; i++) {
    const x = Math.max(xOf(lane.commitAt[i]), Gutter), next = i + 1 < lane.commit.length ? lane.commitAt[i + 1] : run.end;
    const right = Math.min(xOf(next), size.width);
    if (Number.isNaN(lane.commit[i])) {
      isDown = false;
      continue;
    }
    if (right < Gutter || (isDown && right - lastX < 0.5)) continue;
    const y = yOf(lane.commit[i]);
    if (isDown) pen.lineTo(x, y); else pen.moveTo(x, y);
    pen.lineTo(right, y);
    isDown = true;
    lastX = right;
  }
  pen.strokeStyle = colours.commit;
  pen.lineWidth = 1;
  pen.stroke();
}

function drawNames(pen, range) {
  pen.fillStyle = colours.back;
  pen.fillRect(0, size.top, Gutter - 1, size.height - size.top);
  for (const lane of lanes) {
    if (!isLaneInView(lane.server)) continue;
    const y = bandMiddle(lane.server) + 4, at = changeAt(lane.server, focus());
    pen.fillStyle = view.servers[lane.server] ? colours.text : colours.dim;
    pen.font = "600 12px system-ui, sans-serif";
    pen.fillText(nameOf(lane.server), 6, y);
    pen.font = Font;
    pen.fillStyle = colours.commit;
    const bottom = laneTop(lane.server) + size.lane - 5;
    if (at >= 0 && run.changes.state[at] < Starting && bottom - y > 10) {
      label(pen, `c ${run.changes.commit[at]}`, 6, bottom, Gutter - 10);
    }
    pen.fillStyle = colours.rule;
    pen.fillRect(0, laneTop(lane.server) + size.lane - 0.5, size.width, 0.5);
  }
  return range;
}

function drawRequests(pen, lane) {
  const r = run.requests, y = bandTop(lane.server) - 4;
  const first = lower(lane.requestTimes, view.from), end = lower(lane.requestTimes, view.to);
  if (end - first > plotWidth() / 8) return drawManyRequests(pen, lane, first, end, y);
  let painted = "";
  for (const i of lane.requests) {
    const start = xOf(r.t[i]), end = Number.isNaN(r.end[i]) ? start : xOf(r.end[i]);
    if (end < Gutter || start > size.width) continue;
    const mark = `${Math.round(start)} ${Math.round(end)} ${r.outcome[i]}`;
    if (mark === painted) continue;
    painted = mark;
    pen.strokeStyle = pen.fillStyle = colours.outcomes[r.outcome[i]];
    pen.lineWidth = 1;
    if (end - start > 3) {
      pen.globalAlpha = 0.4;
      pen.beginPath();
      pen.moveTo(Math.max(start, Gutter), y);
      pen.lineTo(Math.min(end, size.width), y);
      pen.stroke();
      pen.globalAlpha = 1;
    }
    if (start >= Gutter) drawAsked(pen, start, y);
    if (end >= Gutter && end <= size.width) drawAnswered(pen, end, y, r.outcome[i]);
  }
}

// Where there are too many for marks: a tick for each, in the colour of what became of it; the worst of a pixel is seen.
function drawManyRequests(pen, lane, first, end, y) {
  const rank = [0, 1, 2, 4, 5, 3], worst = new Int8Array(Math.ceil(size.width) + 2).fill(-1);
  for (let n = first; n < end; n++) {
    const outcome = run.requests.outcome[lane.requests[n]], x = Math.round(xOf(lane.requestTimes[n]));
    if (worst[x] < 0 || rank[outcome] > rank[worst[x]]) worst[x] = outcome;
  }
  for (let x = Gutter; x < worst.length; x++) {
    if (worst[x] < 0) continue;
    pen.fillStyle = colours.outcomes[worst[x]];
    pen.fillRect(x, y - 2, 1, 5);
  }
}

function drawAsked(pen, x, y) {
  pen.beginPath();
  pen.moveTo(x - 3, y - 3);
  pen.lineTo(x + 3, y - 3);
  pen.lineTo(x, y + 3);
  pen.closePath();
  pen.stroke();
}

// Filled: acknowledged; a ring: answered; a cross: refused or lost; a square: nobody knows.
function drawAnswered(pen, x, y, outcome) {
  pen.beginPath();
  if (outcome === 1 || outcome === 2) {
    pen.arc(x, y, 2.6, 0, 2 * Math.PI);
    if (outcome === 1) pen.fill(); else pen.stroke();
  } else if (outcome === 3 || outcome === 5) {
    cross(pen, x, y, 3);
    pen.stroke();
  } else if (outcome === 4) {
    pen.strokeRect(x - 2.5, y - 2.5, 5, 5);
  }
}

function cross(pen, x, y, reach) {
  pen.moveTo(x - reach, y - reach);
  pen.lineTo(x + reach, y + reach);
  pen.moveTo(x - reach, y + reach);
  pen.lineTo(x + reach, y - reach);
}

function drawMoment(pen, time, colour, text, dash) {
  const x = Math.round(xOf(time)) + 0.5;
  if (x < Gutter || x > size.width) return;
  pen.strokeStyle = colour;
  pen.lineWidth = dash.length > 0 ? 1 : 2;
  pen.setLineDash(dash);
  pen.beginPath();
  pen.moveTo(x, 0);
  pen.lineTo(x, size.height);
  pen.stroke();
  pen.setLineDash([]);
  if (text) {
    const width = Math.min(pen.measureText(text).width, size.width - Gutter);
    const left = x + width + 10 > size.width ? x - width - 8 : x + 4;
    pen.fillStyle = colours.back;
    pen.fillRect(left - 2, size.height - 17, width + 4, 14);
    pen.fillStyle = colour;
    pen.fillText(text, left, size.height - 6);
  }
}

let overviewCopy = null;

// The overview is drawn once and copied; only the frame around the view moves.
function drawOverview() {
  const width = overview.clientWidth, height = overview.clientHeight, pen = fit(overview, width, height);
  const xIn = time => (time - run.from) / (run.end - run.from) * width;
  if (overviewCopy === null || overviewCopy.width !== overview.width) {
    pen.clearRect(0, 0, width, height);
    paintOverview(pen, xIn, width, height);
    overviewCopy = document.createElement("canvas");
    overviewCopy.width = overview.width;
    overviewCopy.height = overview.height;
    overviewCopy.getContext("2d").drawImage(overview, 0, 0);
  }
  pen.setTransform(1, 0, 0, 1, 0, 0);
  pen.clearRect(0, 0, overview.width, overview.height);
  pen.drawImage(overviewCopy, 0, 0);
  fit(overview, width, height);
  const left = Math.max(xIn(view.from), 0), right = Math.max(Math.min(xIn(view.to), width), left + 2);
  pen.fillStyle = colours.back;
  pen.globalAlpha = 0.55;
  pen.fillRect(0, 0, left, height);
  pen.fillRect(right, 0, width - right, height);
  pen.globalAlpha = 1;
  pen.strokeStyle = colours.focus;
  pen.lineWidth = 1.5;
  pen.strokeRect(left + 0.75, 0.75, right - left - 1.5, height - 1.5);
  overview.setAttribute("aria-valuenow", String(Math.round((view.from - run.from) / (run.end - run.from) * 100)));
  overview.setAttribute("aria-valuetext", `${roughTime(view.from, scale())} to ${roughTime(view.to, scale())}`);
}

function paintOverview(pen, xIn, width, height) {
  const top = 9, each = (height - top - 3) / run.servers;
  for (const lane of lanes) {
    for (let i = 0; i < lane.t.length; i++) {
      if (lane.state[i] >= Down) continue;
      const x = xIn(lane.t[i]), right = xIn(i + 1 < lane.t.length ? lane.t[i + 1] : run.end);
      pen.fillStyle = colours.states[lane.state[i]];
      pen.fillRect(x, top + lane.server * each, Math.max(right - x, 0.5), Math.max(each - (each > 3 ? 1 : 0), 1));
    }
  }
  pen.fillStyle = colours["fault-edge"];
  for (let i = 0; i < run.strikes.count; i++) {
    if (run.strikes.notes[i].length > 0) pen.fillRect(xIn(run.strikes.t[i]), 2, 1.5, 5);
  }
  for (const note of loneNotes) pen.fillRect(xIn(run.notes.t[note]), 2, 1.5, 5);
  if (run.settled !== null) {
    pen.fillStyle = colours.dim;
    pen.fillRect(xIn(run.settled), 0, 1, height);
  }
  if (run.violation) {
    pen.fillStyle = colours.violation;
    pen.fillRect(Math.min(xIn(run.violation.at), width - 3) - 1, 0, 3, height);
  }
}
