// Puts it all together: buttons, keys, pointer, and what is said of the run.

function fillHead() {
  const verdict = byId("verdict");
  verdict.textContent = run.violation
    ? `${violationText()} (at ${timeText(run.violation.at)})`
    : `${run.isWhole ? "" : "Interrupted. "}No promise was broken in ${timeText(run.end)} with ${run.servers} `
      + `server${run.servers === 1 ? "" : "s"}.`;
  verdict.classList.toggle("failed", run.violation !== null);
  byId("outcome").textContent = `${run.outcome}\nmade of: ${run.traits}\nrepeat: ${run.replay}\ntrace ${run.hash}`;
  byId("to-violation").hidden = run.violation === null;
  byId("cut").hidden = run.from === 0;
  byId("cut").textContent = `Only what happened from ${timeText(run.from)} on is here: what was before it is left out.`;
}

function addBox(parent, text, colour, isOn, set) {
  const box = document.createElement("input"), name = document.createElement("label");
  box.type = "checkbox";
  box.checked = isOn;
  box.addEventListener("change", () => {
    set(box.checked);
    changed();
  });
  name.append(box);
  if (colour) {
    const swatch = document.createElement("span");
    swatch.className = "swatch";
    swatch.style.background = `var(--${colour})`;
    name.append(swatch);
  }
  name.append(text);
  parent.append(name);
}

function fillFilters() {
  Groups.forEach((group, i) => addBox(byId("groups"), group, group, view.groups[i], on => view.groups[i] = on));
  addBox(byId("groups"), "only lost ones", "lost", view.lostOnly, on => view.lostOnly = on);
  for (const { server } of lanes) {
    addBox(byId("servers"), nameOf(server), "", view.servers[server], on => view.servers[server] = on);
  }
}

function fillLegend() {
  const items = [
    ...["follower", "pre-candidate", "candidate", "leader"].map((name, state) => [name, pen => {
      pen.fillStyle = colours.states[state];
      pen.fillRect(0, 1, 22, 10);
    }]),
    ["down", pen => hatch(pen, 0, 1, 22, 10, colours.down, 7)],
    ["paused", pen => hatch(pen, 0, 1, 22, 10, colours.pause, 4)],
    ["committed", pen => {
      pen.strokeStyle = colours.commit;
      pen.stroke(new Path2D("M0 10H8V6H15V2H22"));
    }],
    ["lost message", pen => {
      pen.strokeStyle = colours.lost;
      const path = new Path2D();
      cross(path, 11, 6, 4);
      pen.lineWidth = 2;
      pen.stroke(path);
    }],
    ["asked", pen => {
      pen.strokeStyle = colours.good;
      drawAsked(pen, 11, 6);
    }],
    ...[1, 2, 3, 4].map(outcome => [Outcomes[outcome], pen => {
      pen.strokeStyle = pen.fillStyle = colours.outcomes[outcome];
      drawAnswered(pen, 11, 6, outcome);
      if (outcome === 3) pen.stroke();
    }]),
  ];
  byId("legend").replaceChildren(...items.map(([name, draw]) => {
    const item = document.createElement("li"), canvas = document.createElement("canvas");
    canvas.setAttribute("aria-hidden", "true");
    draw(fit(canvas, 22, 12));
    item.append(canvas, name);
    return item;
  }));
}

let saying = 0;

// Told when the view has come to rest, so that a reader of the screen is not told each step of a drag.
function tellView() {
  byId("shown").textContent = shownText();
  clearTimeout(saying);
  saying = setTimeout(() => {
    view.focus = Math.min(Math.max((view.from + view.to) / 2, run.from), run.end);
    if (!isCursorSeen() && listed !== "") drawList();
    const fine = scale();
    byId("readout").textContent = `${roughTime(view.from, fine)} to ${roughTime(view.to, fine)}, `
      + `${roughTime(view.to - view.from, fine)} in view, cursor at ${timeText(Math.round(view.cursor))}`;
    writeAddress();
  }, 150);
}

let told = -1;

function tellChosen() {
  if (view.chosen === told) return;
  told = view.chosen;
  if (view.chosen < 0) return;
  showDetails(targetOf(view.chosen));
  const server = eventServer(view.chosen);
  if (server >= 0 && (laneTop(server) < size.top || laneTop(server) + size.lane > size.height)) {
    stage.scrollTop = Math.max(0, server * size.lane - (size.height - size.top) / 2);
  }
}

function eventOf(target) {
  for (let i = lower(events.t, target.time); i < events.count && events.t[i] === target.time; i++) {
    if (events.kind[i] === target.kind && events.item[i] === target.item) return i;
  }
  return -1;
}

function pick(x, y) {
  const target = under(x, y);
  view.chosen = target ? eventOf(target) : -1;
  setCursor(target && !target.isBand ? target.time : timeAt(x));
  showDetails(target);
}

function hearPointer() {
  let drag = null;
  const place = event => [event.clientX - chart.getBoundingClientRect().left, event.clientY - chart.getBoundingClientRect().top];
  chart.addEventListener("pointerdown", event => {
    if (event.button !== 0) return;
    drag = { x: event.clientX, y: event.clientY, from: view.from, to: view.to, top: stage.scrollTop, isMoved: false };
    chart.setPointerCapture(event.pointerId);
  });
  chart.addEventListener("pointermove", event => {
    if (drag) {
      const dx = event.clientX - drag.x, dy = event.clientY - drag.y;
      drag.isMoved ||= Math.hypot(dx, dy) > 4;
      if (!drag.isMoved) return;
      chart.classList.add("dragging");
      tip.hidden = true;
      stage.scrollTop = drag.top - dy;
      const by = dx * (drag.to - drag.from) / plotWidth();
      return show(drag.from - by, drag.to - by);
    }
    const [x, y] = place(event), target = under(x, y);
    hovered = target && !target.isBand ? target : null;
    showTip(target, event.clientX, event.clientY);
    changed();
  });
  chart.addEventListener("pointerup", event => {
    if (drag && !drag.isMoved) pick(...place(event));
    drag = null;
    chart.classList.remove("dragging");
  });
  chart.addEventListener("pointercancel", () => drag = null);
  chart.addEventListener("pointerleave", () => {
    hovered = null;
    tip.hidden = true;
    changed();
  });
  chart.addEventListener("wheel", event => {
    event.preventDefault();
    const [x] = place(event), unit = event.deltaMode === 1 ? 16 : 1;
    if (event.shiftKey || Math.abs(event.deltaX) > Math.abs(event.deltaY)) {
      return pan((event.shiftKey ? event.deltaY + event.deltaX : event.deltaX) * unit / plotWidth());
    }
    zoom(Math.exp(Math.max(-240, Math.min(240, event.deltaY * unit)) / 240), timeAt(Math.max(x, Gutter)));
  }, { passive: false });
  stage.addEventListener("scroll", changed);
}

function hearOverview() {
  const goTo = event => {
    const box = overview.getBoundingClientRect(), span = view.to - view.from;
    const time = run.from + (event.clientX - box.left) / box.width * (run.end - run.from);
    show(time - span / 2, time + span / 2);
  };
  overview.addEventListener("pointerdown", event => {
    overview.setPointerCapture(event.pointerId);
    goTo(event);
  });
  overview.addEventListener("pointermove", event => {
    if (event.buttons & 1) goTo(event);
  });
}

const Keys = {
  ArrowLeft: event => pan(event.shiftKey ? -0.5 : -0.1), ArrowRight: event => pan(event.shiftKey ? 0.5 : 0.1),
  ArrowUp: () => stage.scrollTop -= size.lane, ArrowDown: () => stage.scrollTop += size.lane,
  PageUp: () => pan(-0.9), PageDown: () => pan(0.9),
  "+": () => zoom(0.5, aim()), "=": () => zoom(0.5, aim()), "-": () => zoom(2, aim()), 0: showAll,
  Home: () => show(run.from, run.from + view.to - view.from), End: () => show(run.end - view.to + view.from, run.end),
  n: () => step(1), p: () => step(-1), v: showViolation, "/": () => words.focus(),
  Escape: () => {
    view.chosen = -1;
    showDetails(null);
    changed();
  },
};

// Keys and buttons zoom around the cursor where that is in view.
const aim = () => isCursorSeen() ? view.cursor : (view.from + view.to) / 2;

function hearKeys() {
  document.addEventListener("keydown", event => {
    const isTyping = event.target instanceof HTMLInputElement && event.target.type === "search";
    const isScrolling = event.target === byId("events") && event.key.startsWith("Arrow");
    if (isTyping || isScrolling || event.ctrlKey || event.altKey || event.metaKey || !Keys[event.key]) return;
    event.preventDefault();
    Keys[event.key](event);
  });
}

function hearButtons() {
  const clicks = {
    "zoom-in": () => zoom(0.5, aim()), "zoom-out": () => zoom(2, aim()), whole: showAll, "to-violation": showViolation,
    back: () => pan(-0.5), forth: () => pan(0.5), "previous-event": () => step(-1), "next-event": () => step(1),
    "find-back": () => find(words.value, -1),
  };
  for (const [id, act] of Object.entries(clicks)) byId(id).addEventListener("click", act);
  byId("find").addEventListener("submit", event => {
    event.preventDefault();
    find(words.value, 1);
  });
  words.addEventListener("keydown", event => {
    if (event.key === "Escape") chart.focus();
    if (event.key === "Enter" && event.shiftKey) {
      event.preventDefault();
      find(words.value, -1);
    }
  });
}

function recolour() {
  readColours();
  overviewCopy = null;
  fillLegend();
  changed();
}

function begin() {
  readColours();
  fillHead();
  readAddress();
  fillFilters();
  fillLegend();
  listeners.push(drawChart, drawList, tellView, tellChosen);
  hearPointer();
  hearOverview();
  hearKeys();
  hearButtons();
  new ResizeObserver(changed).observe(stage);
  window.addEventListener("hashchange", readAddress);
  window.matchMedia("(prefers-color-scheme: dark)").addEventListener("change", recolour);
  changed();
}

begin();
