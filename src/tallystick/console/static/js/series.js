// Charts of studies: lines or bars over a category, in the page's tokens. Every series has its own dash and its name at its end.
const token = (box) => (name) => getComputedStyle(box).getPropertyValue(`--${name}`).trim();
const COLOURS = ["accent", "high", "mute", "text", "medium", "edge"];
const DASHES = ["solid", "dashed", "dotted", [8, 3], [2, 6], [12, 3, 2, 3]];
const grouped = (value) => // places of an axis below 1 may be apart by less than a hundredth
  value.toLocaleString("en", Math.abs(value) < 1 ? { maximumSignificantDigits: 3 } : { maximumFractionDigits: 2 }).replace("-", "−");

function axes(colour, data) {
  const line = { lineStyle: { color: colour("line") } };
  const text = { color: colour("mute"), fontSize: 11 };
  return {
    xAxis: { type: "category", data: data.x, axisLine: line, axisTick: line, axisLabel: { ...text, hideOverlap: true } },
    yAxis: { type: "value", splitLine: line, axisLabel: { ...text, formatter: grouped }, scale: data.kind === "line" },
  };
}

/** What stands under the cursor: the place, then each series with its value and unit. */
function told(points, unit) {
  const line = (point) => `${point.seriesName}  ${point.value == null ? "–" : grouped(point.value)}${unit && point.value != null ? ` ${unit}` : ""}`;
  return [points[0].axisValueLabel ?? points[0].name, ...points.map(line)].join("\n");
}

function draw(box) {
  const colour = token(box);
  const data = JSON.parse(box.querySelector("script").textContent);
  box.style.height = `${data.height ?? Math.max(320, window.innerHeight - box.getBoundingClientRect().top - 60)}px`;
  const chart = echarts.init(box, null, { renderer: "canvas" });
  chart.setOption({
    animation: false,
    textStyle: { fontFamily: getComputedStyle(document.body).fontFamily },
    grid: { left: 12, right: data.kind === "line" ? 150 : 16, top: 16, bottom: 12, containLabel: true },
    tooltip: {
      // Text drawn on the canvas: an HTML box would need inline styles, which the page's policy forbids.
      trigger: "axis", renderMode: "richText", formatter: (points) => told(points, data.unit), confine: true, backgroundColor: colour("panel"),
      borderColor: colour("edge"), textStyle: { color: colour("text"), fontSize: 12 }, axisPointer: { lineStyle: { color: colour("mute") } },
    },
    ...axes(colour, data),
    series: data.series.map((each, i) => ({
      name: each.title, type: data.kind, data: each.values, showSymbol: data.x.length < 3, barMaxWidth: 64,
      itemStyle: { color: colour(COLOURS[i]) }, lineStyle: { color: colour(COLOURS[i]), width: 2, type: DASHES[i] },
      endLabel: { show: data.kind === "line", formatter: each.title, color: colour("text"), fontSize: 11 },
      labelLayout: { moveOverlap: "shiftY" },
    })),
  });
  new ResizeObserver(() => chart.resize()).observe(box);
}

for (const box of document.querySelectorAll("[data-series]")) draw(box);
