// The graph's page: light up what a node rests on and what rests on it, find nodes, size and drag the drawing.
// Without this script the drawing still scrolls, and every node is still a link into the book.
"use strict";

(() => {
  const graph = document.querySelector("[data-graph]");
  const canvas = document.querySelector("[data-canvas]");
  const card = document.querySelector("[data-card]");
  const part = (name) => card.querySelector(`[data-card-${name}]`);

  const vertices = [...graph.querySelectorAll(".vertex")];
  const edges = [...graph.querySelectorAll(".edges path")];
  const below = vertices.map(() => []);
  const above = vertices.map(() => []);
  edges.forEach((edge) => {
    const [from, to] = [Number(edge.dataset.from), Number(edge.dataset.to)];
    below[to].push(from);
    above[from].push(to);
  });

  const reach = (start, next) => {
    const found = new Set([start]);
    for (const vertex of found) next[vertex].forEach((other) => found.add(other));
    return found;
  };

  // ---- choose a node ----

  let kept = null;
  let shown = null;

  const light = (index) => {
    shown = index;
    graph.classList.toggle("chosen", index !== null);
    card.hidden = index === null;
    if (index === null) return;
    const ground = reach(index, below);
    const users = reach(index, above);
    vertices.forEach((vertex, i) => {
      vertex.classList.toggle("near", ground.has(i) || users.has(i));
      vertex.classList.toggle("here", i === index);
    });
    edges.forEach((edge) => {
      const [from, to] = [Number(edge.dataset.from), Number(edge.dataset.to)];
      edge.classList.toggle("near", (ground.has(from) && ground.has(to)) || (users.has(from) && users.has(to)));
    });
    const vertex = vertices[index];
    part("name").textContent = vertex.dataset.name;
    part("state").textContent = vertex.dataset.state;
    part("counts").textContent = `rests on ${ground.size - 1}; carries ${users.size - 1}`;
    part("open").setAttribute("href", vertex.getAttribute("href"));
  };

  const keep = (index) => {
    kept = index;
    card.classList.toggle("kept", index !== null);
    part("keep").hidden = index !== null;
    part("release").hidden = index === null;
    light(index);
  };

  const bringIntoView = (index) => {
    const place = vertices[index].getBoundingClientRect();
    const frame = canvas.getBoundingClientRect();
    canvas.scrollBy(place.x + place.width / 2 - frame.x - frame.width / 2, place.y + place.height / 2 - frame.y - frame.height / 2);
  };

  vertices.forEach((vertex, index) => {
    vertex.addEventListener("pointerenter", () => { if (kept === null) light(index); });
    vertex.addEventListener("pointerleave", () => { if (kept === null) light(null); });
    vertex.addEventListener("focus", () => { if (kept === null) light(index); });
    vertex.addEventListener("blur", () => { if (kept === null) light(null); });
    vertex.addEventListener("keydown", (event) => {
      if (event.key === " ") { event.preventDefault(); keep(index); }
    });
  });
  part("keep").addEventListener("click", () => keep(shown));
  part("release").addEventListener("click", () => {
    history.replaceState(null, "", location.pathname + location.search);
    keep(null);
  });
  addEventListener("keydown", (event) => { if (event.key === "Escape" && kept !== null) part("release").click(); });

  const fromAddress = () => {
    const wanted = decodeURIComponent(location.hash.slice(1));
    const index = wanted ? vertices.findIndex((vertex) => vertex.id === wanted) : -1;
    if (index >= 0) {
      keep(index);
      bringIntoView(index);
    }
  };
  addEventListener("hashchange", fromAddress);

  // ---- find ----

  const find = document.querySelector("[data-find]");
  const chapter = document.querySelector("[data-chapter-choice]");
  const search = () => {
    const words = find.value.toLowerCase().split(/\s+/).filter(Boolean);
    const wanted = chapter ? chapter.value : "";
    let first = null;
    vertices.forEach((vertex, index) => {
      const text = `${vertex.dataset.name} ${vertex.dataset.label} ${vertex.dataset.state}`.toLowerCase();
      const hit = words.every((word) => text.includes(word)) && (!wanted || vertex.dataset.chapter === wanted);
      vertex.classList.toggle("missed", !hit);
      if (hit && first === null) first = index;
    });
    if (first !== null && (words.length || wanted)) bringIntoView(first);
  };
  find.addEventListener("input", search);
  chapter?.addEventListener("change", search);

  // ---- size ----

  const { width, height } = graph.viewBox.baseVal;
  let scale = 1;
  const resize = (wanted, x = canvas.clientWidth / 2, y = canvas.clientHeight / 2) => {
    const next = Math.min(3, Math.max(0.08, wanted));
    const ratio = next / scale;
    const [left, top] = [(canvas.scrollLeft + x) * ratio - x, (canvas.scrollTop + y) * ratio - y];
    scale = next;
    graph.setAttribute("width", width * scale);
    graph.setAttribute("height", height * scale);
    canvas.scrollTo(left, top);
  };
  const fit = () => Math.min(canvas.clientWidth / width, canvas.clientHeight / height);
  const steps = { in: () => resize(scale * 1.25), out: () => resize(scale / 1.25), fit: () => resize(fit()) };
  document.querySelectorAll("[data-zoom]").forEach((button) => {
    button.addEventListener("click", () => steps[button.dataset.zoom]());
  });
  canvas.addEventListener("keydown", (event) => {
    const step = { "+": "in", "=": "in", "-": "out", 0: "fit" }[event.key];
    if (step && !event.ctrlKey && !event.metaKey) { event.preventDefault(); steps[step](); }
  });
  canvas.addEventListener("wheel", (event) => {
    if (!event.ctrlKey && !event.metaKey) return;
    event.preventDefault();
    const frame = canvas.getBoundingClientRect();
    resize(scale * Math.exp(-event.deltaY / 400), event.clientX - frame.x, event.clientY - frame.y);
  }, { passive: false });

  // ---- drag ----

  let grip = null;
  let moved = false;
  canvas.addEventListener("pointerdown", (event) => {
    if (event.pointerType !== "mouse" || event.button !== 0) return;
    grip = { x: event.clientX, y: event.clientY, left: canvas.scrollLeft, top: canvas.scrollTop };
    moved = false;
  });
  addEventListener("pointermove", (event) => {
    if (!grip) return;
    const [dx, dy] = [event.clientX - grip.x, event.clientY - grip.y];
    if (!moved && Math.hypot(dx, dy) < 5) return;
    moved = true;
    canvas.classList.add("dragging");
    canvas.scrollTo({ left: grip.left - dx, top: grip.top - dy, behavior: "instant" });
  });
  addEventListener("pointerup", () => {
    grip = null;
    canvas.classList.remove("dragging");
  });
  canvas.addEventListener("click", (event) => { if (moved) event.preventDefault(); }, true);
  canvas.addEventListener("dragstart", (event) => event.preventDefault());

  resize(Math.min(1, Math.max(0.6, canvas.clientWidth / width)));
  canvas.scrollTo((canvas.scrollWidth - canvas.clientWidth) / 2, 0);
  fromAddress();
})();
