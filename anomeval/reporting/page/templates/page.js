"use strict";
(() => {
  const root = document.documentElement;
  const all = (selector, within = document) => [...within.querySelectorAll(selector)];
  const category = document.getElementById("category");
  root.classList.add("js");

  // Sorting: a button in each header; what is undefined stays last in both directions.
  function keyOf(row, column, kind) {
    const cell = row.cells[column];
    if (kind !== "number") return cell.textContent.trim();
    const text = cell.dataset.value ?? "";
    return text === "" ? NaN : text === "inf" ? Infinity : text === "-inf" ? -Infinity : Number(text);
  }
  function compare(a, b, kind, sign) {
    if (kind !== "number") return sign * a.localeCompare(b, "en", { numeric: true });
    if (Number.isNaN(a) || Number.isNaN(b)) return Number.isNaN(a) - Number.isNaN(b);
    return a === b ? 0 : sign * (a < b ? -1 : 1);
  }
  function sort(table, header) {
    const { sort: kind } = header.dataset;
    const first = kind === "number" ? "descending" : "ascending";
    const other = first === "ascending" ? "descending" : "ascending";
    const direction = header.ariaSort === first ? other : first;
    all("th[aria-sort]", table).forEach((one) => { one.ariaSort = "none"; });
    header.ariaSort = direction;
    const sign = direction === "ascending" ? 1 : -1;
    const body = table.tBodies[0];
    const keyed = [...body.rows].map((row) => ({ row, key: keyOf(row, header.cellIndex, kind) }));
    keyed.sort((a, b) => compare(a.key, b.key, kind, sign));
    body.append(...keyed.map((one) => one.row));
  }
  all("table.sortable").forEach((table) => {
    all("th[data-sort]", table).forEach((header) => {
      const button = document.createElement("button");
      button.type = "button";
      button.append(...header.childNodes);
      header.append(button);
      header.ariaSort = "none";
      button.addEventListener("click", () => sort(table, header));
    });
  });

  // Filtering: one category for the whole page, text and decision for each table.
  function filter(form) {
    const { text, outcome } = form.elements;
    const wanted = text.value.trim().toLowerCase();
    const rows = [...document.getElementById(form.dataset.for).tBodies[0].rows];
    rows.forEach((row) => {
      row.hidden = Boolean(
        (category?.value && row.dataset.category !== category.value) ||
        (outcome?.value && row.dataset.outcome !== outcome.value) ||
        (wanted && !row.textContent.toLowerCase().includes(wanted)));
    });
    const shown = rows.filter((row) => !row.hidden).length;
    const status = form.querySelector("[role=status]");
    status.textContent = `${shown} of ${rows.length} ${status.dataset.noun}`;
  }
  const forms = all("form[data-for]");
  function pick(name) {
    if (category) category.value = name;
    root.classList.toggle("one-picked", Boolean(name));
    all("main [data-category]").forEach((one) => {
      if (!one.closest("table[id]")) one.hidden = Boolean(name) && one.dataset.category !== name;
    });
    all("[data-line], [data-entry]").forEach((one) => {
      const own = one.dataset.line ?? one.dataset.entry;
      one.classList.toggle("faded", Boolean(name) && own !== name);
      one.classList.toggle("picked", Boolean(name) && own === name);
    });
    all("[data-pick]").forEach((one) => { one.ariaPressed = String(one.dataset.pick === name); });
    forms.forEach(filter);
  }
  forms.forEach((form) => {
    form.addEventListener("input", () => filter(form));
    form.addEventListener("submit", (event) => event.preventDefault());
    form.addEventListener("reset", () => setTimeout(() => pick(""), 0));
  });
  category?.addEventListener("change", () => pick(category.value));
  all("[data-pick]").forEach((one) => one.addEventListener("click", () => {
    pick(one.ariaPressed === "true" ? "" : one.dataset.pick);
  }));
  all("a[data-outcome]").forEach((link) => link.addEventListener("click", () => {
    const form = document.querySelector("form[data-for=images-table]");
    form.elements.outcome.value = link.dataset.outcome;
    form.elements.text.value = "";
    pick(link.dataset.pickCategory);
  }));
  pick("");

  // The layers of the gallery.
  const layers = document.getElementById("layers");
  layers?.addEventListener("input", () => {
    const { opacity, truth, decision } = layers.elements;
    if (opacity) root.style.setProperty("--opacity", String(opacity.value / 100));
    root.classList.toggle("no-truth", !truth.checked);
    root.classList.toggle("no-decision", decision?.checked === false);
  });
  layers?.addEventListener("submit", (event) => event.preventDefault());
})();
