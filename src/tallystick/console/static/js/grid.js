// One grid: asks the operation for the rows in view, sorted and filtered by the server.
import { ask, failureBox, notice, t } from "./page.js";
import { word, written } from "./written.js";

const BLOCK = 100;
const GROWTH = 4; // how much more of the free width a growing column takes
const theme = agGrid.themeQuartz.withParams({
  backgroundColor: "var(--panel)", foregroundColor: "var(--text)", accentColor: "var(--accent)",
  borderColor: "var(--line)", headerBackgroundColor: "var(--panel)", headerTextColor: "var(--mute)",
  oddRowBackgroundColor: "var(--stripe)", rowHoverColor: "var(--raised)", selectedRowBackgroundColor: "var(--select)",
  fontFamily: "inherit", fontSize: 13, headerFontSize: 11, headerFontWeight: 500, rowHeight: 24, headerHeight: 26,
  spacing: 4, cellHorizontalPadding: 8, wrapperBorder: false, wrapperBorderRadius: 0, borderRadius: 2,
  columnBorder: false, headerColumnBorder: false, headerColumnResizeHandleColor: "var(--line)", headerColumnResizeHandleHeight: "40%", iconSize: 12, focusShadow: "none",
});

/** Make the grid of a place. Gives what the page's keys and buttons do with it. */
export function makeGrid(place, config, page) {
  const box = place.querySelector(".grid");
  const overlay = cover(box);
  const kept = JSON.parse(localStorage.getItem(`columns ${config.name}`) || "null");
  const source = rowSource(config, page, overlay);
  let frozen = false;
  let opened = "";
  let at = -1; // the row that j and k have come to
  const api = agGrid.createGrid(box, {
    theme,
    styleNonce: document.querySelector("link[nonce]").nonce,
    columnDefs: config.columns.map((column) => columnOf(column, config, page.sort)),
    rowModelType: "infinite", datasource: source, cacheBlockSize: BLOCK, maxBlocksInCache: 30,
    infiniteInitialRowCount: 40, rowBuffer: 20, blockLoadDebounceMillis: 30,
    getRowId: (params) => config.key.map((name) => params.data[name]).join("·"),
    rowSelection: { mode: "singleRow", checkboxes: false, enableClickSelection: true },
    defaultColDef: { resizable: true, sortable: config.sortable, suppressHeaderMenuButton: true, unSortIcon: false, comparator: () => 0 },
    suppressMovableColumns: false, suppressDragLeaveHidesColumns: true, suppressNoRowsOverlay: true, suppressLoadingOverlay: true,
    alwaysShowVerticalScroll: true, scrollbarWidth: 15, // the last column ends before it, also where it lies above
    ensureDomOrder: true, animateRows: false, suppressScrollOnNewData: true, enableCellTextSelection: true,
    initialState: kept ? { ...kept, partialColumnState: true } : undefined,
    onSortChanged: () => page.onSort(sortOf(api)),
    onRowClicked: (event) => {
      at = event.rowIndex;
      if (!event.event.target.closest("a")) open(event.node);
    },
    onCellKeyDown: (event) => {
      if (event.event.key !== "Enter") return;
      at = event.rowIndex;
      event.node.setSelected(true);
      open(event.node);
      event.event.preventDefault();
    },
    onColumnResized: (event) => event.finished && event.source.startsWith("ui") && keep(),
    onColumnMoved: (event) => event.finished && event.source.startsWith("ui") && keep(),
    onColumnVisible: () => keep(),
  });

  function keep() {
    const { columnSizing, columnOrder, columnVisibility } = api.getState();
    localStorage.setItem(`columns ${config.name}`, JSON.stringify({ columnSizing, columnOrder, columnVisibility }));
  }

  function open(node) {
    if (!node?.data || !config.record) return false;
    const address = fill(config.record, node.data, config.columns);
    page.onOpen(node.data, address, opened === address && Boolean(document.querySelector(".drawer")));
    opened = address;
    return true;
  }

  function move(step) {
    at = Math.max(0, Math.min(at + step, source.total - 1));
    api.ensureIndexVisible(at);
    api.getDisplayedRowAtIndex(at)?.setSelected(true);
    return true;
  }

  source.redraw = () => api.refreshCells({ force: true });
  document.addEventListener("head", () => { if (!frozen && box.isConnected) api.refreshInfiniteCache(); });
  return {
    api, config, source, move,
    open: () => open(api.getDisplayedRowAtIndex(at)),
    reload: () => { at = -1; api.purgeInfiniteCache(); api.ensureIndexVisible(0); },
    freeze: (on) => { frozen = on; if (!on) api.refreshInfiniteCache(); },
    copy: () => copy(api, config),
    request: () => source.request(sortOf(api)),
  };
}

/** Where the grid's rows come from, with the total that the last answer told. */
function rowSource(config, page, overlay) {
  const shown = new Map();
  let answered;
  const source = {
    total: 0,
    ready: new Promise((resolve) => { answered = resolve; }), // the first answer, or that there is none
    request: (sort) => {
      const parameters = new URLSearchParams({ ...config.fixed, ...page.filters() });
      if (sort && config.sortable) parameters.set("sort", sort);
      return parameters;
    },
    getRows: async (params) => {
      const [by] = params.sortModel;
      const request = source.request(by ? (by.sort === "desc" ? "-" : "") + by.colId : "");
      if (config.pages) {
        request.set("limit", params.endRow - params.startRow);
        request.set("offset", params.startRow);
      }
      try {
        const table = await ask(`${config.source}?${request}`);
        const names = table.columns.map((column) => column.name);
        const rows = table.rows.map((row) => Object.fromEntries(names.map((name, i) => [name, row[i]])));
        source.total = table.total_rows;
        const fractions = findFractions(config, rows);
        params.successCallback(rows, table.total_rows);
        if (fractions) source.redraw();
        page.onCount(table.total_rows);
        if (!table.total_rows) overlay(emptyBox(config, request));
        else overlay(null);
        flash(config, shown, rows);
      } catch (failure) {
        params.failCallback();
        overlay(failureBox(failure));
      }
      answered();
    },
  };
  return source;
}

/** Show two decimals in a column of money as soon as one of its amounts has a fraction; true when that is new. */
function findFractions(config, rows) {
  const whole = config.columns.filter((column) => column.kind === "money" && column.decimals === 0);
  const found = whole.filter(({ name }) => rows.some((row) => row[name] && BigInt(row[name]) % 10000n));
  for (const column of found) column.decimals = 2;
  return found.length > 0;
}

function columnOf(column, config, sort) {
  const direction = sort.replace("-", "") === column.name ? (sort.startsWith("-") ? "desc" : "asc") : null;
  return {
    colId: column.name, field: column.name, headerName: column.title, width: column.width, initialSort: direction,
    sortingOrder: column.right ? ["desc", "asc", null] : ["asc", "desc", null],
    type: column.right ? "rightAligned" : undefined,
    headerComponent: Head, headerComponentParams: { column },
    flex: column.width * (column.grow ? GROWTH : 1), minWidth: column.width,
    cellClass: column.kind === "hash" ? "mono" : undefined,
    cellClassRules: column.kind === "percent" ? {
      rise: (params) => params.value > 0, fall: (params) => params.value < 0,
    } : undefined,
    cellRenderer: (params) => cell(params, column, config),
    context: column,
  };
}

function cell(params, column, config) {
  if (!params.data) {
    const waiting = document.createElement("span");
    waiting.className = "skeleton";
    return waiting;
  }
  const text = written(params.value, column);
  const parts = [];
  if (column.name === "severity" && params.value) {
    const [text, mark] = word(params.value, column);
    const chip = span("", `chip chip-${params.value}`);
    chip.append(span(mark, "", true), text);
    return chip;
  }
  if (column.kind === "code") {
    const [, mark] = word(params.value, column);
    if (mark) parts.push(span(mark, `mark mark-${String(params.value).toLowerCase()}`, true));
  }
  const none = params.value === null || params.value === "" || (column.kind === "count" && Number(params.value) === 0);
  if (column.link && !none) {
    const link = document.createElement("a");
    link.href = fill(column.link, params.data, config.columns);
    link.textContent = text;
    parts.push(link);
  } else {
    parts.push(span(text, ""));
  }
  const whole = document.createElement("span");
  if (["hash", "money", "list"].includes(column.kind)) whole.title = String(params.value ?? "");
  else if (["text", "code"].includes(column.kind) && !none) whole.title = text; // a sentence may be cut by its column
  else if (column.kind === "bytes" && !none) whole.title = `${Number(params.value).toLocaleString("en")} B`;
  whole.append(...parts);
  return whole;
}

/** A header: title, unit, arrow of the sort. */
class Head {
  init(params) {
    const { column } = params;
    this.element = document.createElement("div");
    this.element.className = `head ${column.right ? "number" : ""}`;
    this.arrow = span("", "arrow", true);
    this.element.append(span(column.title, "name"), ...(column.unit ? [span(column.unit, "unit")] : []), this.arrow);
    this.element.title = column.title;
    if (params.enableSorting) this.element.addEventListener("click", (event) => params.progressSort(event.shiftKey));
    this.name = column.name;
    this.api = params.api;
    this.show();
    params.api.addEventListener("sortChanged", () => this.show());
  }
  show() {
    const state = this.api.getColumnState().find((column) => column.colId === this.name);
    this.arrow.textContent = { asc: "↑", desc: "↓" }[state?.sort] ?? "";
  }
  getGui() { return this.element; }
  refresh() { return false; }
}

function span(text, style, quiet = false) {
  const part = document.createElement("span");
  part.textContent = text;
  if (style) part.className = style;
  if (quiet) part.setAttribute("aria-hidden", "true");
  return part;
}

/** An address with its {places} filled from a row; ids as people write them. */
function fill(pattern, row, columns) {
  return pattern.replace(/\{(\w+)\}/g, (_, name) => {
    const id = columns.find((column) => column.name === name && column.kind === "id");
    return encodeURIComponent(id ? written(row[name], id) : row[name] ?? "");
  });
}

function sortOf(api) {
  const by = api.getColumnState().find((column) => column.sort);
  return by ? (by.sort === "desc" ? "-" : "") + by.colId : "";
}

function cover(box) {
  const overlay = document.createElement("div");
  overlay.className = "overlay";
  overlay.hidden = true;
  box.append(overlay);
  return (content) => {
    overlay.hidden = !content;
    overlay.replaceChildren(...(content ? [content] : []));
  };
}

function emptyBox(config, request) {
  const box = document.createElement("div");
  box.className = "state";
  const filtered = [...request.keys()].some((name) => !["limit", "offset", "sort", ...Object.keys(config.fixed)].includes(name));
  const title = document.createElement("h2");
  title.textContent = filtered ? t("Nothing fits these filters.") : t("Nothing here yet.");
  box.append(title);
  if (!filtered) {
    const text = document.createElement("p");
    text.textContent = config.empty;
    const command = document.createElement("code");
    command.textContent = config.command;
    box.append(text, command);
  }
  return box;
}

/** Cells whose value changed since they were last shown light up briefly. */
function flash(config, shown, rows) {
  for (const row of rows) {
    const key = config.key.map((name) => row[name]).join("·");
    const before = shown.get(key);
    shown.set(key, row);
    if (!before) continue;
    const line = document.querySelector(`.grid [row-id="${CSS.escape(key)}"]`);
    for (const column of config.columns) {
      const place = before[column.name] !== row[column.name] && line?.querySelector(`[col-id="${CSS.escape(column.name)}"]`);
      if (place) {
        place.classList.remove("changed");
        requestAnimationFrame(() => place.classList.add("changed"));
      }
    }
  }
}

/** The rows in view (or the selected one) to the clipboard, as text apart by tabs. */
async function copy(api, config) {
  const chosen = api.getSelectedNodes();
  const nodes = [];
  api.forEachNode((node) => { if (node.data && (!chosen.length || chosen.includes(node))) nodes.push(node); });
  const columns = api.getAllDisplayedColumns().map((column) => column.getColDef().context);
  const head = columns.map((column) => (column.unit ? `${column.title} (${column.unit})` : column.title));
  const lines = nodes.map((node) => columns.map((column) => written(node.data[column.name], column)).join("\t"));
  await navigator.clipboard.writeText([head.join("\t"), ...lines].join("\n"));
  notice(t("{n} rows copied", { n: nodes.length }));
}
