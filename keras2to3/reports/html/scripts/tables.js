// Tables that are sorted by a click on a heading, and filtered; everything is open when the page is printed.
const facts = JSON.parse(document.getElementById("data").textContent);

function sortable(table) {
  const headings = [...table.tHead.rows[0].cells];
  headings.forEach((heading, column) => {
    const button = document.createElement("button");
    button.type = "button";
    button.append(...heading.childNodes);
    heading.append(button);
    button.addEventListener("click", () => {
      const down = heading.getAttribute("aria-sort") === "ascending";
      headings.forEach((each) => each.removeAttribute("aria-sort"));
      heading.setAttribute("aria-sort", down ? "descending" : "ascending");
      sortRows(table.tBodies[0], column, down ? -1 : 1);
    });
  });
}

function sortRows(body, column, direction) {
  const key = (row) => row.cells[column].dataset.sort ?? row.cells[column].textContent.trim();
  const keyed = [...body.rows].map((row) => [key(row), row]);
  const numeric = keyed.every(([value]) => value !== "" && !Number.isNaN(Number(value)));
  const compare = numeric ? (a, b) => a[0] - b[0] : (a, b) => a[0].localeCompare(b[0], "en", { numeric: true });
  keyed.sort((a, b) => direction * compare(a, b));
  body.append(...keyed.map(([, row]) => row));
}

// Shows the rows that hold the words of a field and, where the page has such a choice, one status.
function filterable(table, field, choice) {
  const rows = [...table.tBodies[0].rows].map((row) => [row, row.textContent.toLowerCase()]);
  const counted = document.getElementById(`${table.id}-count`);
  const show = () => {
    const words = field.value.toLowerCase().split(/\s+/).filter(Boolean);
    const status = choice ? choice.value : "";
    let shown = 0;
    for (const [row, text] of rows) {
      row.hidden = !(words.every((word) => text.includes(word)) && (!status || row.dataset.status === status));
      shown += row.hidden ? 0 : 1;
    }
    counted.textContent = shown === rows.length ? "" : `${shown} of ${rows.length} rows`;
  };
  field.addEventListener("input", show);
  if (choice) choice.addEventListener("change", show);
}

document.querySelectorAll("table[data-sortable]").forEach(sortable);
document.querySelectorAll("input[data-filter]").forEach((field) => {
  const table = document.getElementById(field.dataset.filter);
  filterable(table, field, document.querySelector(`select[data-filter="${table.id}"]`));
});

let closed = [];
addEventListener("beforeprint", () => {
  closed = [...document.querySelectorAll("main details:not([open])")];
  closed.forEach((each) => { each.open = true; });
});
addEventListener("afterprint", () => closed.forEach((each) => { each.open = false; }));
