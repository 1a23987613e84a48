// What every page can do with a script, and does without: copy Lean, filter and sort tables, follow a running
// campaign, mark the place in the contents, unfold everything for the printer.
"use strict";

(() => {
  const all = (selector, scope = document) => [...scope.querySelectorAll(selector)];

  const reveal = () => all("[data-tools], [data-copy], [data-follow-button]").forEach((item) => { item.hidden = false; });

  // ---- copy a module: its parts join to its source ----

  const copyText = async (text) => {
    try {
      await navigator.clipboard.writeText(text);
      return true;
    } catch {
      const area = Object.assign(document.createElement("textarea"), { value: text });
      document.body.append(area);
      area.select();
      const done = document.execCommand("copy");
      area.remove();
      return done;
    }
  };

  const copying = () => all("[data-copy]").forEach((button) => {
    button.addEventListener("click", async () => {
      const scope = button.closest("[data-copy-scope]");
      const done = await copyText(all("[data-source]", scope).map((part) => part.textContent).join(""));
      button.textContent = done ? "Copied" : "Press Ctrl-C";
      setTimeout(() => { button.textContent = "Copy"; }, 1600);
    });
  });

  // ---- all proofs at once ----

  const unfolding = () => {
    const button = document.querySelector("[data-unfold]");
    const proofs = all(".part-proof");
    if (!button || !proofs.length) return;
    button.hidden = false;
    button.addEventListener("click", () => {
      const open = button.getAttribute("aria-pressed") !== "true";
      proofs.forEach((proof) => { proof.open = open; });
      button.setAttribute("aria-pressed", String(open));
    });
  };

  // ---- tables ----

  const filtering = () => all("[data-filter]").forEach((input) => {
    const rows = all("tbody tr", document.getElementById(input.dataset.filter));
    const texts = rows.map((row) => row.textContent.toLowerCase());
    const told = document.querySelector("[data-filter-count]");
    const apply = () => {
      const words = input.value.toLowerCase().split(/\s+/).filter(Boolean);
      let shown = 0;
      rows.forEach((row, index) => {
        row.hidden = !words.every((word) => texts[index].includes(word));
        shown += row.hidden ? 0 : 1;
      });
      told.textContent = words.length ? `${shown} of ${rows.length}` : "";
    };
    input.addEventListener("input", apply);
    apply();
  });

  const keyOf = (row, column) => {
    const cell = row.cells[column];
    return cell.dataset.key ?? cell.textContent.trim();
  };

  const compare = (a, b) => {
    const difference = Number(a) - Number(b);
    return Number.isNaN(difference) ? a.localeCompare(b, undefined, { numeric: true }) : difference;
  };

  const sorting = () => all("table[data-sortable]").forEach((table) => {
    const heads = all("thead th", table);
    heads.forEach((head, column) => {
      const button = document.createElement("button");
      button.type = "button";
      button.append(...head.childNodes);
      head.append(button);
      button.addEventListener("click", () => {
        const sign = head.getAttribute("aria-sort") === "ascending" ? -1 : 1;
        heads.forEach((other) => other.removeAttribute("aria-sort"));
        head.setAttribute("aria-sort", sign === 1 ? "ascending" : "descending");
        const body = table.tBodies[0];
        body.append(...[...body.rows].sort((a, b) => sign * compare(keyOf(a, column), keyOf(b, column))));
      });
    });
  });

  // ---- follow a running campaign: the page is read again while it is looked at ----

  const following = () => {
    const button = document.querySelector("[data-follow] [data-follow-button]");
    if (!button) {
      all("[data-follow-button]").forEach((item) => { item.hidden = true; });
      return;
    }
    const key = "blueprover-follow";
    let on = false;
    try { on = sessionStorage.getItem(key) === "on"; } catch { /* a browser may keep no storage for files: start off */ }
    const show = () => {
      button.setAttribute("aria-pressed", String(on));
      button.textContent = on ? "Following live" : "Follow live";
    };
    button.addEventListener("click", () => {
      on = !on;
      try { sessionStorage.setItem(key, on ? "on" : "off"); } catch { /* as above: it lasts until the next reading */ }
      show();
    });
    setInterval(() => { if (on && !document.hidden) location.reload(); }, 5000);
    show();
  };

  // ---- the contents: fold them where they stand above the text, mark what is being read ----

  const contents = () => {
    const box = document.querySelector(".contents");
    if (!box) return;
    if (matchMedia("(width < 80rem)").matches) box.open = false;
    const links = new Map(all("[data-spy] a").map((link) => [decodeURIComponent(link.hash.slice(1)), link]));
    let current = null;
    const seen = new IntersectionObserver((entries) => {
      const entry = entries.find((item) => item.isIntersecting);
      const link = entry && links.get(entry.target.id);
      if (!link || link === current) return;
      current?.removeAttribute("aria-current");
      link.setAttribute("aria-current", "true");
      current = link;
    }, { rootMargin: "-15% 0px -70% 0px" });
    all("article.node").forEach((node) => seen.observe(node));
  };

  // ---- paper has no folds ----

  const printing = () => {
    let opened = [];
    addEventListener("beforeprint", () => {
      opened = all("details:not([open])").filter((box) => !box.matches(".contents, .part-before"));
      opened.forEach((box) => { box.open = true; });
    });
    addEventListener("afterprint", () => opened.forEach((box) => { box.open = false; }));
  };

  reveal();
  copying();
  unfolding();
  filtering();
  sorting();
  following();
  contents();
  printing();
})();
