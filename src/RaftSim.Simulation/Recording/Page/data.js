"use strict";
// What the simulator has written, as typed arrays: one for each field of all messages, changes and so on. Times are nanoseconds
// since the start of the world.

const byId = id => document.getElementById(id);
const States = ["follower", "pre-candidate", "candidate", "leader", "starting", "down", "not started", "gone for good"];
const Outcomes = ["no answer yet", "acknowledged", "answered", "refused", "unknown", "lost: the server stopped"];
const Groups = ["votes", "appends", "heartbeats", "snapshots", "other"];
const Arrived = 0, Lost = 1, UnderWay = 2;
const Starting = 4, Down = 5, Coming = 6, Gone = 7;

// What an event in the list is about.
const OfMessage = 0, OfChange = 1, OfNote = 2, OfRequest = 3, OfAnswer = 4, OfViolation = 5, OfStrike = 6, OfPeace = 7;

// The first place whose value is not below the given one.
function lower(values, value) {
  let low = 0, high = values.length;
  while (low < high) {
    const middle = (low + high) >> 1;
    if (values[middle] < value) low = middle + 1; else high = middle;
  }
  return low;
}

function summed(steps) {
  const sums = new Float64Array(steps.length);
  let sum = 0;
  for (let i = 0; i < steps.length; i++) sums[i] = sum += steps[i];
  return sums;
}

function added(left, right) {
  return Float64Array.from(left, (value, i) => value + right[i]);
}

// The largest so far: a search in it finds the first item that has not ended before some time.
function largestSoFar(values) {
  const largest = new Float64Array(values.length);
  let most = -Infinity;
  for (let i = 0; i < values.length; i++) largest[i] = most = Math.max(most, values[i]);
  return largest;
}

function readMessages(raw, kinds) {
  const t = summed(raw.t);
  const end = added(t, raw.d);
  return {
    count: t.length, t, end, reach: largestSoFar(end),
    from: Uint16Array.from(raw.from), to: Uint16Array.from(raw.to), kind: Uint8Array.from(raw.k),
    group: Uint8Array.from(raw.k, kind => Groups.indexOf(kinds[kind][1])),
    fate: Uint8Array.from(raw.fate), why: raw.why, term: raw.term, index: raw.index, logTerm: raw.logTerm, commit: raw.commit,
    hint: raw.hint, entries: raw.n, reject: Uint8Array.from(raw.reject), text: raw.x,
  };
}

function readLanes(raw) {
  return {
    count: raw.t.length, t: summed(raw.t), server: Uint16Array.from(raw.s), state: Uint8Array.from(raw.state), term: raw.term,
    commit: raw.commit, last: raw.last, lastTerm: raw.lastTerm, durable: raw.durable, leader: raw.leader, vote: raw.vote,
  };
}

function readStrikes(raw) {
  const t = summed(raw.t);
  return {
    count: t.length, t, end: added(t, raw.d), name: raw.name, number: raw.no,
    notes: Array.from(t, () => []), row: new Uint8Array(t.length),
  };
}

function readRequests(raw) {
  const t = summed(raw.t);
  const end = Float64Array.from(t, (value, i) => raw.d[i] < 0 ? NaN : value + raw.d[i]);
  return {
    count: t.length, t, end, reach: largestSoFar(Array.from(end, (value, i) => Number.isNaN(value) ? t[i] : value)),
    id: raw.id, server: Uint16Array.from(raw.s), outcome: Uint8Array.from(raw.outcome), text: raw.x, reply: raw.reply,
  };
}

function readRun(raw) {
  const run = {
    seed: raw.seed, servers: raw.servers, from: raw.from, end: Math.max(raw.end, raw.from + 1), settled: raw.settled,
    outcome: raw.outcome, traits: raw.traits, replay: raw.replay, hash: raw.trace, violation: raw.violation, isWhole: raw.whole === 1,
    kinds: raw.kinds, texts: raw.texts,
    messages: readMessages(raw.messages, raw.kinds),
    changes: readLanes(raw.lanes),
    pauses: { t: summed(raw.pauses.t), server: raw.pauses.s },
    strikes: readStrikes(raw.strikes),
    notes: { count: raw.notes.t.length, t: summed(raw.notes.t), kind: raw.notes.k, server: raw.notes.s,
      strike: raw.notes.strike, text: raw.notes.x },
    requests: readRequests(raw.requests),
  };
  run.pauses.end = added(run.pauses.t, raw.pauses.d);
  for (let i = 0; i < run.notes.count; i++) {
    if (run.notes.strike[i] >= 0) run.strikes.notes[run.notes.strike[i]].push(i);
  }
  return run;
}

const run = readRun(JSON.parse(byId("run").textContent));

// All that is told, in the order of time: of what kind, and where its details lie.
function listEvents() {
  const parts = [
    [OfPeace, run.settled === null ? [] : [run.settled]],
    [OfStrike, run.strikes.t], [OfNote, run.notes.t], [OfChange, run.changes.t], [OfMessage, run.messages.t],
    [OfRequest, run.requests.t],
  ];
  const answers = [];
  for (let i = 0; i < run.requests.count; i++) if (!Number.isNaN(run.requests.end[i])) answers.push(i);
  answers.sort((a, b) => run.requests.end[a] - run.requests.end[b] || a - b);
  parts.push([OfAnswer, answers.map(i => run.requests.end[i])]);
  // Behind all else of its moment.
  parts.push([OfViolation, run.violation ? [run.violation.at] : []]);
  const count = parts.reduce((sum, [, times]) => sum + times.length, 0);
  const events = { count, t: new Float64Array(count), kind: new Uint8Array(count), item: new Uint32Array(count) };
  const next = parts.map(() => 0);
  for (let i = 0; i < count; i++) {
    let first = -1;
    for (let p = 0; p < parts.length; p++) {
      const times = parts[p][1];
      if (next[p] < times.length && (first < 0 || times[next[p]] < parts[first][1][next[first]])) first = p;
    }
    events.t[i] = parts[first][1][next[first]];
    events.kind[i] = parts[first][0];
    events.item[i] = parts[first][0] === OfAnswer ? answers[next[first]] : next[first];
    next[first]++;
  }
  return events;
}

const events = listEvents();
