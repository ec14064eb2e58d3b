"use strict";

// The list of changes: filters, a window over up to a million rows, one change shown whole, printing.
// Everything from outside is put in as text; nothing here makes markup of a string.
(() => {
  const byId = (id) => document.getElementById(id);
  const data = JSON.parse(byId("data").textContent);
  const [ACTION, NAME, TYPED, SOURCE, REASON, RECORD, ACCOUNT, PINS, NEEDS, FIELDS, WHY, CAUSE, ALTERED] = Array(13).keys();
  const TREE = "group tree";
  const TALLEST = 4e6; // browsers cut off what is taller, at different heights; all can do this
  const SPARE = 8; // rows drawn above and below what is seen
  const LISTED = 40; // values of one field, until somebody asks for all

  document.documentElement.classList.add("scripted");

  // --- small tools -----------------------------------------------------------------------------------

  const make = (name, settings, ...children) => {
    const element = document.createElement(name);
    for (const [key, value] of Object.entries(settings || {})) {
      if (key.startsWith("on")) element.addEventListener(key.slice(2), value);
      else if (value !== false) element.setAttribute(key, value === true ? "" : value);
    }
    element.append(...children);
    return element;
  };
  const hidden = (text) => make("span", { class: "hidden" }, text);
  const number = (value) => value.toLocaleString("en-US");
  const counted = (value, noun) => `${number(value)} ${noun}${value === 1 ? "" : "s"}`;
  const textOf = (value) => (typeof value === "number" ? data.values[value] : value);

  // --- what a change says ----------------------------------------------------------------------------

  const changes = data.changes;
  const actionOf = (change) => data.actions[change[ACTION]];
  const sourceOf = (change) => data.sources[change[SOURCE]] || TREE;
  const idOf = (change) => `${actionOf(change).word}/${change[TYPED] === 0 ? change[NAME] : change[TYPED]}`;
  const isNew = (change) => actionOf(change).word === "create";
  const fieldsOf = (change) => (actionOf(change).word === "group-create" ? [] : change[FIELDS]);
  const isMasked = (field) => typeof field[2] === "number";
  const isText = (field) => typeof field[2] === "string";

  const summaryOf = (change) => {
    const parts = fieldsOf(change).map((field) => {
      const name = data.fields[field[0]];
      if (isMasked(field)) return name;
      if (isText(field)) {
        if (isNew(change)) return field[3] ? `${name} ${field[3]}` : name;
        return `${name}: ${field[2] || "nothing"} → ${field[3] || "nothing"}`;
      }
      const some = [...field[3].map((value) => `+ ${textOf(value)}`), ...field[4].map((value) => `− ${textOf(value)}`)];
      return `${name}: ${some.slice(0, 3).join(", ")}${some.length > 3 ? ` and ${some.length - 3} more` : ""}`;
    });
    if (change[PINS]) parts.push(counted(change[PINS], "PIN"));
    if (change[WHY]) parts.unshift("cannot be applied");
    return parts.join("; ") || data.reasons[change[REASON]];
  };

  const valuesOf = (field) =>
    isMasked(field) ? [] : isText(field) ? [field[2], field[3]] : [...field[2], ...field[3], ...field[4]].map(textOf);

  const haystacks = new Array(changes.length);
  const haystack = (at) => {
    if (haystacks[at] === undefined) {
      const change = changes[at];
      const said = [idOf(change), change[NAME], sourceOf(change), data.reasons[change[REASON]], change[RECORD]];
      for (const field of change[FIELDS]) said.push(data.fields[field[0]], ...valuesOf(field));
      haystacks[at] = said.join("\n").toLowerCase();
    }
    return haystacks[at];
  };

  // --- filters ---------------------------------------------------------------------------------------

  const form = byId("filters");
  const GROUP_FIELDS = new Set(["groups", "defaultGroup", "path"].map((name) => data.fields.indexOf(name)));

  const pathsOf = (change) => {
    const paths = actionOf(change).group ? [change[NAME]] : [];
    for (const field of change[FIELDS]) {
      if (!GROUP_FIELDS.has(field[0]) || isMasked(field)) continue;
      paths.push(...(isText(field) ? [field[2], field[3]] : [...field[3], ...field[4]].map(textOf)));
    }
    return paths;
  };

  const known = new Set();
  const fill = (id, every, label, entries) => {
    byId(id).append(make("option", { value: "" }, every));
    for (const [value, count] of entries) {
      byId(id).append(make("option", { value }, `${label(value)} (${number(count)})`));
    }
  };
  const tally = (keysOf) => {
    const counts = new Map();
    for (const change of changes) {
      for (const key of new Set(keysOf(change))) counts.set(key, (counts.get(key) || 0) + 1);
    }
    return [...counts].sort((one, other) => one[0] - other[0]);
  };
  const byCount = (counts) => counts.sort((one, other) => other[1] - one[1]);
  const mostUsed = (counts) => byCount(counts).slice(0, 500);

  const fillFilters = () => {
    fill("action", "every kind", (at) => `${data.actions[at].verb} ${data.actions[at].noun}`, tally((change) => [change[ACTION]]));
    fill("source", "every source", (at) => data.sources[at] || TREE, byCount(tally((change) => [change[SOURCE]])));
    fill("field", "every field", (at) => data.fields[at], byCount(tally((change) => change[FIELDS].map((field) => field[0]))));
    const rules = tally((change) => change[FIELDS].map((field) => field[1])).filter(([at]) => data.rules[at]);
    fill("rule", "every line", (at) => data.rules[at], mostUsed(rules));
    const standings = tally(standingsOf);
    byId("standings").hidden = !standings.length;
    fill("standing", "all", (at) => SAID.get(at) || data.causes[at], standings);
    // What somebody's change of the manifests causes is what is looked at first.
    if (standings.some(([at]) => at === HERE)) byId("standing").value = String(HERE);
    for (const change of changes) for (const path of pathsOf(change)) if (path) known.add(path);
    byId("groups-known").append(...[...known].sort().slice(0, 2000).map((path) => make("option", { value: path })));
  };

  // What else a change may be: its cause by number, that these manifests have a part in it, or that it
  // cannot be applied.
  const [UNREACHABLE, HERE] = [-2, -3];
  const ANYWAY = 2;
  const SAID = new Map([[UNREACHABLE, "cannot be applied"], [HERE, "caused or altered here"]]);
  const standingsOf = (change) => [
    ...(CAUSE in change ? [change[CAUSE]] : []),
    ...(CAUSE in change && change[CAUSE] !== ANYWAY ? [HERE] : []),
    ...(change[WHY] ? [UNREACHABLE] : []),
  ];

  const chosen = (id) => (byId(id).value === "" ? -1 : Number(byId(id).value));

  const tests = () => {
    const [action, source, field, rule] = ["action", "source", "field", "rule"].map(chosen);
    const words = byId("search").value.toLowerCase().split(/\s+/).filter(Boolean);
    const group = byId("group").value.trim();
    const wanted = group.toLowerCase();
    const inGroup = known.has(group)
      ? (path) => path === group || path.startsWith(`${group}|`)
      : (path) => path.toLowerCase().includes(wanted);
    return [
      action >= 0 && ((change) => change[ACTION] === action),
      source >= 0 && ((change) => change[SOURCE] === source),
      (field >= 0 || rule >= 0) &&
        ((change) =>
          change[FIELDS].some((one) => (field < 0 || one[0] === field) && (rule < 0 || one[1] === rule))),
      byId("standing").value !== "" && ((change) => standingsOf(change).includes(Number(byId("standing").value))),
      group && ((change) => pathsOf(change).some(inGroup)),
      words.length > 0 && ((_, at) => words.every((word) => haystack(at).includes(word))),
    ].filter(Boolean);
  };

  let shown = changes.map((_, at) => at);

  const filter = () => {
    const all = tests();
    shown = [];
    for (let at = 0; at < changes.length; at += 1) {
      if (all.every((test) => test(changes[at], at))) shown.push(at);
    }
    const total = counted(changes.length, "change");
    byId("count").textContent = all.length ? `${number(shown.length)} of ${total}${shown.length ? "" : ": nothing is like that"}` : total;
    byId("all").disabled = all.length === 0;
    active = Math.max(0, shown.indexOf(current));
    frame.scrollTop = 0;
    layOut();
    if (current >= 0 && shown[active] === current) reveal(active);
  };

  let waiting = 0;
  const filterSoon = () => {
    clearTimeout(waiting);
    waiting = setTimeout(filter, 120);
  };

  const choose = (settings) => {
    form.reset();
    for (const [id, value] of Object.entries(settings)) byId(id).value = String(value);
    filter();
    byId("changes").scrollIntoView();
    byId("changes").focus({ preventScroll: true });
  };

  // --- the window over the rows ----------------------------------------------------------------------

  const grid = byId("grid");
  const frame = byId("window");
  const holder = byId("rows");
  const drawn = new Map(); // position in `shown` -> its element
  let height = 0; // of a row
  let active = 0; // position of the row that has the keyboard
  let current = -1; // the change in the panel, -1 for none

  const full = () => shown.length * height;
  const ratio = () => {
    const room = Math.min(full(), TALLEST) - frame.clientHeight;
    return full() <= TALLEST || room <= 0 ? 1 : (full() - frame.clientHeight) / room;
  };

  const layOut = () => {
    height = parseFloat(getComputedStyle(grid).getPropertyValue("--row-pixels"));
    holder.style.height = `${Math.min(full(), TALLEST)}px`;
    grid.setAttribute("aria-rowcount", String(shown.length + 1));
    for (const element of drawn.values()) element.remove();
    drawn.clear();
    draw();
  };

  const draw = () => {
    const top = frame.scrollTop * ratio();
    const first = Math.max(0, Math.floor(top / height) - SPARE);
    const last = Math.min(shown.length, Math.ceil((top + frame.clientHeight) / height) + SPARE);
    for (const [at, element] of drawn) {
      // The row with the keyboard stays, so that the keyboard is not lost.
      if ((at < first || at >= last) && element !== document.activeElement) {
        element.remove();
        drawn.delete(at);
      }
    }
    const fresh = [];
    for (let at = first; at < last; at += 1) {
      if (!drawn.has(at)) {
        drawn.set(at, row(at));
        fresh.push(drawn.get(at));
      }
    }
    holder.append(...fresh);
    for (const [at, element] of drawn) element.style.top = `${at * height - top + frame.scrollTop}px`;
    if (!drawn.has(active) && shown.length) drawn.get(Math.min(Math.max(active, first), last - 1)).tabIndex = 0;
  };

  const row = (at) => {
    const change = changes[shown[at]];
    const { mark, verb, noun, word } = actionOf(change);
    const kind = make("span", { class: `kind ${word}` }, make("span", { class: "mark", "aria-hidden": "true" }, mark), ` ${verb}`, hidden(` ${noun}`));
    const cells = [kind, change[NAME], summaryOf(change), sourceOf(change)];
    return make(
      "div",
      {
        role: "row",
        class: "row",
        tabindex: at === active ? "0" : "-1",
        "aria-rowindex": String(at + 2),
        "aria-selected": String(shown[at] === current),
        "data-at": String(at),
      },
      ...cells.map((cell, column) => make("span", { role: "gridcell", class: `c${column}` }, cell)),
    );
  };

  const reveal = (at) => {
    const scale = ratio();
    const top = frame.scrollTop * scale;
    const above = at * height;
    if (above < top) frame.scrollTop = above / scale;
    else if (above + height > top + frame.clientHeight) frame.scrollTop = (above + height - frame.clientHeight) / scale;
    draw();
  };

  const select = (at, { focus = false, open = false } = {}) => {
    if (!shown.length) return;
    const before = drawn.get(active);
    active = Math.max(0, Math.min(at, shown.length - 1));
    current = shown[active];
    for (const element of holder.querySelectorAll("[aria-selected=true]")) element.setAttribute("aria-selected", "false");
    for (const element of holder.querySelectorAll("[tabindex='0']")) element.tabIndex = -1;
    reveal(active);
    const now = drawn.get(active);
    now.setAttribute("aria-selected", "true");
    now.tabIndex = 0;
    if (focus) now.focus({ preventScroll: true });
    if (before && before !== now) draw();
    showDetail(current, open);
  };

  const STEPS = {
    ArrowDown: () => active + 1,
    ArrowUp: () => active - 1,
    PageDown: () => active + Math.floor(frame.clientHeight / height),
    PageUp: () => active - Math.floor(frame.clientHeight / height),
    Home: () => 0,
    End: () => shown.length - 1,
  };

  const onKey = (event) => {
    if (event.altKey || event.metaKey) return;
    if (STEPS[event.key]) {
      event.preventDefault();
      select(STEPS[event.key](), { focus: true });
    } else if (event.key === "Enter" || event.key === " ") {
      event.preventDefault();
      select(active, { open: true });
      detail.focus();
    }
  };

  // --- one change, whole -----------------------------------------------------------------------------

  const detail = byId("detail");

  const closeDetail = () => {
    detail.classList.remove("open");
    if (drawn.has(active)) drawn.get(active).focus({ preventScroll: true });
    else if (shown.length) select(active, { focus: true });
  };

  const goTo = (at) => {
    if (!shown.includes(at)) {
      form.reset();
      filter();
    }
    select(shown.indexOf(at), { open: true });
    detail.focus();
  };

  const need = (one) =>
    typeof one === "string"
      ? make("code", {}, one)
      : make("button", { type: "button", class: "link", onclick: () => goTo(one) }, make("code", {}, idOf(changes[one])));

  const pair = (name, ...values) => make("div", {}, make("dt", {}, name), make("dd", {}, ...values));

  const showDetail = (at, open) => {
    const change = changes[at];
    const { mark, verb, noun, word, meaning } = actionOf(change);
    const pairs = [];
    const reason = data.reasons[change[REASON]];
    if (reason) pairs.push(pair("why", reason));
    if (change[RECORD]) pairs.push(pair("record", make("code", {}, change[RECORD])));
    pairs.push(pair("source", sourceOf(change)));
    if (CAUSE in change) pairs.push(pair("cause", [data.causes[change[CAUSE]], change[ALTERED].join(", ")].filter(Boolean).join(": ")));
    if (change[ACCOUNT]) pairs.push(pair("MyQ's id", make("code", {}, change[ACCOUNT])));
    if (change[PINS]) pairs.push(pair("PINs", `${number(change[PINS])} handed over, never shown`));
    if (change[NEEDS].length) pairs.push(pair("only after", make("ul", {}, ...change[NEEDS].map((one) => make("li", {}, need(one))))));
    const close = make("button", { type: "button", class: "small close", onclick: closeDetail }, "Close");
    const link = make("a", { href: `#change=${encodeURIComponent(idOf(change))}` }, "Link to this change");
    detail.replaceChildren(
      make(
        "div",
        { class: "detail-head" },
        make("span", { class: `kind ${word}` }, make("span", { class: "mark", "aria-hidden": "true" }, mark), ` ${verb} ${noun}`),
        close,
      ),
      make("h3", {}, change[NAME]),
      ...(meaning ? [make("p", { class: "quiet" }, meaning)] : []),
      ...(change[WHY] ? [make("p", { class: "warning" }, `Cannot be applied: ${change[WHY]}`)] : []),
      make("dl", {}, ...pairs),
      ...differences(change),
      make("p", { class: "except" }, "To leave it out of the approval: ", make("code", {}, `--except ${idOf(change)}`)),
      make("p", {}, link),
    );
    detail.scrollTop = 0;
    if (open) detail.classList.add("open");
  };

  const differences = (change) => {
    const fields = fieldsOf(change);
    if (!fields.length) return [];
    const heads = isNew(change) ? ["Field", "Will be"] : ["Field", "Is", "Will be"];
    return [
      make(
        "table",
        { class: "difference" },
        make("caption", { class: "hidden" }, "Each field before and after"),
        make("thead", {}, make("tr", {}, ...heads.map((head) => make("th", { scope: "col" }, head)))),
        make("tbody", {}, ...fields.map((field) => fieldRow(field, isNew(change)))),
      ),
    ];
  };

  // A path may be broken after each folder.
  const breakable = (path) => path.split(/(?<=\/)/).flatMap((part) => [part, make("wbr")]);
  const nothing = () => make("span", { class: "quiet" }, "nothing");

  const fieldRow = (field, fresh) => {
    const rule = data.rules[field[1]];
    const head = make("th", { scope: "row" }, data.fields[field[0]], ...(rule ? [make("span", { class: "rule" }, ...breakable(rule))] : []));
    if (isMasked(field)) {
      const more = field.length > 4 ? ` (${field[4]} more, ${field[5]} fewer)` : "";
      const before = make("td", {}, field[2] ? make("span", { class: "mask" }, "•••") : nothing(), ...(field[2] ? [hidden("masked")] : []));
      const after = make("td", {}, field[3] ? make("span", { class: "mask" }, "•••") : nothing(), ...(field[3] ? [hidden("masked, another value")] : []), more);
      return make("tr", {}, head, ...(fresh ? [] : [before]), after);
    }
    if (isText(field)) {
      const [before, after] = fresh ? [nothing(), field[3] || nothing()] : marked(field[2], field[3]);
      return make("tr", {}, head, ...(fresh ? [] : [make("td", { class: "old" }, before)]), make("td", { class: "new" }, after));
    }
    return make("tr", {}, head, make("td", fresh ? {} : { colspan: "2" }, values(field)));
  };

  // Where the two differ: what they share at both ends is left as it is.
  const marked = (was, will) => {
    const [before, after] = [[...was], [...will]]; // whole characters, not halves
    let start = 0;
    const least = Math.min(before.length, after.length);
    while (start < least && before[start] === after[start]) start += 1;
    let end = 0;
    while (end < least - start && before.at(-1 - end) === after.at(-1 - end)) end += 1;
    const part = (text, name) => {
      if (!text.length) return nothing();
      const [left, middle, right] = [text.slice(0, start), text.slice(start, text.length - end), text.slice(text.length - end)];
      return make(name, {}, left.join(""), ...(middle.length ? [make("mark", {}, middle.join(""))] : []), right.join(""));
    };
    return [part(before, "del"), part(after, "ins")];
  };

  const values = (field) => {
    const items = [
      ...field[3].map((value) => ["gained", "+", "comes", value]),
      ...field[4].map((value) => ["lost", "−", "goes", value]),
    ];
    const kept = field[2].map((value) => ["kept", "", "stays", value]);
    const item = ([kind, mark, said, value]) =>
      make("li", { class: kind }, make("span", { "aria-hidden": "true" }, `${mark} `), textOf(value), hidden(` ${said}`));
    const list = make("ul", { class: "values" }, ...items.slice(0, LISTED).map(item));
    const rest = [...items.slice(LISTED), ...kept];
    if (!rest.length) return list;
    const told = items.length > LISTED ? counted(rest.length, "more value") : `${counted(kept.length, "value")} ${kept.length === 1 ? "stays" : "stay"}`;
    return make("div", {}, list, make("details", {}, make("summary", {}, told), make("ul", { class: "values" }, ...rest.map(item))));
  };

  // --- printing: the first of each kind, as the filters have it --------------------------------------

  const printed = byId("printed");

  const beforePrint = () => {
    const parts = data.actions.flatMap(({ verb, noun, meaning }, action) => {
      const these = shown.filter((at) => changes[at][ACTION] === action);
      if (!these.length) return [];
      const told = [make("h3", {}, `${verb} ${counted(these.length, noun)}`)];
      if (meaning) told.push(make("p", {}, meaning));
      const rows = these.slice(0, data.printed).map((at) => {
        const change = changes[at];
        return make("tr", {}, make("th", { scope: "row" }, change[NAME]), make("td", {}, summaryOf(change)), make("td", {}, data.reasons[change[REASON]]));
      });
      told.push(make("table", {}, make("tbody", {}, ...rows)));
      const rest = these.length - rows.length;
      if (rest) told.push(make("p", { class: "quiet" }, `... and ${number(rest)} more, not printed; the page and the plan's file have them all.`));
      return told;
    });
    printed.replaceChildren(...parts);
  };

  // --- colours, copying, links -----------------------------------------------------------------------

  const THEMES = { "": "as the system", light: "light", dark: "dark" };
  const theme = byId("theme");
  theme.addEventListener("click", () => {
    const names = Object.keys(THEMES);
    const next = names[(names.indexOf(document.documentElement.dataset.theme || "") + 1) % names.length];
    if (next) document.documentElement.dataset.theme = next;
    else delete document.documentElement.dataset.theme;
    theme.textContent = `Colours: ${THEMES[next]}`;
  });

  const copy = async (button) => {
    const code = button.parentElement.querySelector("code");
    const said = button.firstChild.textContent;
    try {
      await navigator.clipboard.writeText(code.textContent);
      button.firstChild.textContent = "Copied";
    } catch {
      // Not every browser lets a local file at the clipboard: then the command is marked, to be copied by hand.
      getSelection().selectAllChildren(code);
      button.firstChild.textContent = "Marked";
    }
    setTimeout(() => { button.firstChild.textContent = said; }, 2000);
  };

  const follow = () => {
    const [, id] = /^#change=(.*)$/.exec(location.hash) || [];
    if (!id) return;
    const wanted = decodeURIComponent(id);
    const at = changes.findIndex((change) => idOf(change) === wanted);
    if (at >= 0) {
      goTo(at);
      byId("changes").scrollIntoView();
    }
  };

  const onClick = (event) => {
    const button = event.target.closest("button");
    if (!button) return;
    if (button.classList.contains("copy")) copy(button);
    if (button.dataset.action) choose({ action: data.actions.findIndex(({ word }) => word === button.dataset.action) });
    if (button.dataset.rule) {
      choose({ rule: data.rules.indexOf(button.dataset.rule), field: data.fields.indexOf(button.dataset.field) });
    }
  };

  document.addEventListener("click", onClick);
  const onlyChanging = byId("only-changing");
  if (onlyChanging) {
    onlyChanging.addEventListener("change", () => byId("trees").classList.toggle("only-changing", onlyChanging.checked));
  }

  if (!changes.length) return;
  fillFilters();
  form.addEventListener("input", filterSoon);
  form.addEventListener("submit", (event) => { event.preventDefault(); filter(); });
  form.addEventListener("reset", () => setTimeout(filter));
  frame.addEventListener("scroll", draw, { passive: true });
  holder.addEventListener("keydown", onKey);
  holder.addEventListener("click", (event) => {
    const found = event.target.closest("[data-at]");
    if (found) select(Number(found.dataset.at), { focus: true, open: true });
  });
  detail.addEventListener("keydown", (event) => { if (event.key === "Escape") closeDetail(); });
  addEventListener("beforeprint", beforePrint);
  addEventListener("afterprint", () => printed.replaceChildren());
  addEventListener("resize", layOut);
  addEventListener("hashchange", follow);
  filter();
  follow();
})();
