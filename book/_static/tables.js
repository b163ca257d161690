// Numbered tables can be sorted by a click on a column's title, and long ones filtered by a word.
// A short script of our own: libraries for this are modules, which browsers do not load from files.
"use strict";

const LONG = 12; // rows from which on a table has a filter

// What a cell is sorted by: its leading number, or else its text; empty cells are null.
function sortKey(cell) {
  const text = cell.textContent.trim();
  if (text === "" || text === "–") return null;
  const number = text.replace(/−/g, "-").replace(/,(?=\d{3})/g, "").match(/^[+-]?\d+(\.\d+)?/);
  return number ? Number(number[0]) : text;
}

function compare(one, other) {
  if (one === null || other === null) return (one === null) - (other === null);
  const numbers = typeof one === "number" && typeof other === "number";
  return numbers ? one - other : String(one).localeCompare(String(other));
}

// Empty cells stay last in both directions.
function sortRows(body, column, descending) {
  const keyed = [...body.rows].map(row => [sortKey(row.cells[column]), row]);
  keyed.sort(([one], [other]) => (descending && one !== null && other !== null ? -1 : 1) * compare(one, other));
  body.append(...keyed.map(([, row]) => row));
}

function makeSortable(table) {
  const titles = [...table.tHead.rows[table.tHead.rows.length - 1].cells];
  titles.forEach((title, column) => {
    if (!title.textContent.trim()) return;
    const button = document.createElement("button");
    button.append(...title.childNodes);
    title.append(button);
    button.addEventListener("click", () => {
      const descending = title.getAttribute("aria-sort") === "ascending";
      titles.forEach(other => other.removeAttribute("aria-sort"));
      title.setAttribute("aria-sort", descending ? "descending" : "ascending");
      sortRows(table.tBodies[0], column, descending);
    });
  });
}

function makeFilter(scroll, table) {
  const field = document.createElement("input"), count = document.createElement("span");
  field.type = "search";
  field.placeholder = "filter rows";
  field.setAttribute("aria-label", `Filter the rows of ${scroll.getAttribute("aria-label")}`);
  count.setAttribute("role", "status");
  field.addEventListener("input", () => {
    const words = field.value.toLowerCase().split(/\s+/), rows = [...table.tBodies[0].rows];
    for (const row of rows) {
      const text = row.textContent.toLowerCase();
      row.hidden = !words.every(word => text.includes(word));
    }
    count.textContent = field.value ? ` ${rows.filter(row => !row.hidden).length} of ${rows.length} rows` : "";
  });
  const bar = document.createElement("div");
  bar.className = "filter";
  bar.append(field, count);
  scroll.before(bar);
}

document.addEventListener("DOMContentLoaded", () => {
  for (const scroll of document.querySelectorAll("figure.numbered .scroll")) {
    const table = scroll.querySelector("table");
    if (!table || table.querySelector("tbody [rowspan]")) continue; // grouped rows belong together
    makeSortable(table);
    if (table.tBodies[0].rows.length >= LONG) makeFilter(scroll, table);
  }
});
