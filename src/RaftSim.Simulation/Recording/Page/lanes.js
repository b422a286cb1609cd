// What each server is when: spans of one role and term, and how far it has committed.

function makeLane(server) {
  return { server, at: [], t: [], state: [], term: [], commitAt: [], commit: [], pauses: [], requests: [] };
}

function buildLanes() {
  const c = run.changes;
  const lanes = Array.from({ length: run.servers }, (_, server) => makeLane(server));
  for (let i = 0; i < c.count; i++) {
    const lane = lanes[c.server[i]];
    lane.at.push(i);
    const last = lane.t.length - 1;
    if (last < 0 || lane.state[last] !== c.state[i] || lane.term[last] !== c.term[i]) {
      lane.t.push(c.t[i]);
      lane.state.push(c.state[i]);
      lane.term.push(c.term[i]);
    }
    const commit = c.state[i] >= Starting ? NaN : c.commit[i];
    if (lane.commit.length === 0 || !Object.is(lane.commit[lane.commit.length - 1], commit)) {
      lane.commitAt.push(c.t[i]);
      lane.commit.push(commit);
    }
  }
  run.pauses.server.forEach((server, i) => lanes[server].pauses.push([run.pauses.t[i], run.pauses.end[i]]));
  for (let i = 0; i < run.requests.count; i++) lanes[run.requests.server[i]].requests.push(i);
  for (const lane of lanes) lane.changeTimes = Float64Array.from(lane.at, i => c.t[i]);
  for (const lane of lanes) lane.requestTimes = Float64Array.from(lane.requests, i => run.requests.t[i]);
  return lanes;
}

const lanes = buildLanes();

// The place of the last item that is not behind a time; negative: none.
function lastUpTo(times, time) {
  const place = lower(times, time);
  return place < times.length && times[place] === time ? lastOfSame(times, place) : place - 1;
}

function lastOfSame(times, place) {
  while (place + 1 < times.length && times[place + 1] === times[place]) place++;
  return place;
}

// The change that tells how a server stands at a time; negative: none.
function changeAt(server, time) {
  const place = lastUpTo(lanes[server].changeTimes, time);
  return place < 0 ? -1 : lanes[server].at[place];
}

function pauseAt(server, time) {
  return lanes[server].pauses.find(([from, until]) => from <= time && time < until);
}

// Faults in rows, so that those that last do not cover each other. A mark takes as much room as its name at a middling scale.
const StrikeRowsMax = 8;

function placeStrikes() {
  const s = run.strikes, room = (run.end - run.from) / 40;
  const free = [];
  for (let i = 0; i < s.count; i++) {
    let row = free.findIndex(end => end <= s.t[i]);
    if (row < 0 && free.length < StrikeRowsMax) row = free.length;
    if (row < 0) row = free.indexOf(Math.min(...free));
    free[row] = Math.max(free[row] ?? 0, s.end[i], s.t[i] + (s.notes[i].length > 0 ? room : room / 20));
    s.row[i] = row;
    s.servers ??= [];
    s.servers[i] = new Set(s.notes[i].flatMap(note => serversIn(textAt(run.notes.text[note]))));
  }
  return free.length;
}

// What befalls the world without a strike, as scripts do it.
const loneNotes = [];
for (let i = 0; i < run.notes.count; i++) {
  if (run.notes.kind[i] === 0 && run.notes.strike[i] < 0) loneNotes.push(i);
}

const strikeRows = placeStrikes();
const strikeReach = largestSoFar(run.strikes.end);
