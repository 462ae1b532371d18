// Charts: candles (a line where only closes are known) with volume, columns over the day. Colours are the page's tokens; the last value is labelled.
const token = (box) => (name) => getComputedStyle(box).getPropertyValue(`--${name}`).trim();
const zone = document.documentElement.dataset.zone || "UTC";
const moment = new Intl.DateTimeFormat("sv-SE", {
  timeZone: zone, year: "numeric", month: "2-digit", day: "2-digit", hour: "2-digit", minute: "2-digit", hourCycle: "h23",
});
const HALF_A_LABEL = 18; // pixels
const legend = document.getElementById("chart-legend");

function frame(box, height, timeVisible, moves = !timeVisible) {
  const colour = token(box);
  const clock = new Intl.DateTimeFormat("sv-SE", { timeZone: zone, hour: "2-digit", minute: "2-digit", hourCycle: "h23" });
  const label = (time) => (typeof time === "number" ? clock.format(time * 1000) : typeof time === "string" ? time
    : `${time.year}-${String(time.month).padStart(2, "0")}-${String(time.day).padStart(2, "0")}`);
  const chart = LightweightCharts.createChart(box, {
    autoSize: true, height,
    layout: {
      background: { color: colour("panel") }, textColor: colour("mute"), fontSize: 11, attributionLogo: false,
      fontFamily: getComputedStyle(document.body).fontFamily, panes: { separatorColor: colour("line"), separatorHoverColor: colour("line") },
    },
    grid: { vertLines: { visible: false }, horzLines: { color: colour("line") } },
    rightPriceScale: { borderColor: colour("line"), entireTextOnly: true },
    timeScale: { borderColor: colour("line"), timeVisible, secondsVisible: false },
    localization: { locale: document.documentElement.lang, timeFormatter: label, dateFormat: "yyyy-MM-dd" },
    crosshair: { mode: 0, vertLine: { labelBackgroundColor: colour("edge") }, horzLine: { labelBackgroundColor: colour("edge") } },
    handleScroll: moves, handleScale: moves,
  });
  leaveOutCutTimes(chart, timeVisible ? label : () => null);
  return chart;
}

/** A time whose label the left edge would cut has none; asked again whenever the view moves. */
function leaveOutCutTimes(chart, label) {
  const scale = chart.timeScale();
  const text = (time) => {
    const place = scale.timeToCoordinate(time);
    return place !== null && place < HALF_A_LABEL ? "" : label(time);
  };
  let waits = false;
  const again = () => { waits = false; chart.applyOptions({ timeScale: { tickMarkFormatter: (time) => text(time) } }); };
  scale.subscribeVisibleLogicalRangeChange(() => { if (!waits) waits = Boolean(requestAnimationFrame(again)); });
  again();
}

const fixed = (value) => value.toFixed(2).replace("-", "−").replace(/\B(?=(\d{3})+(?!\d))/g, ",");

function candles(box, data) {
  const colour = token(box);
  const rise = colour("rise");
  const fall = colour("fall");
  const chart = frame(box, Math.max(320, window.innerHeight - box.getBoundingClientRect().top - 70), Boolean(data.intraday), true);
  const looks = { priceFormat: { type: "custom", formatter: fixed, minMove: 0.01 }, lastValueVisible: false, priceLineVisible: false };
  const prices = data.line
    ? chart.addSeries(LightweightCharts.LineSeries, { ...looks, color: colour("accent"), lineWidth: 2 })
    : chart.addSeries(LightweightCharts.CandlestickSeries, {
      ...looks, upColor: colour("panel"), downColor: fall, borderUpColor: rise, borderDownColor: fall, wickUpColor: rise, wickDownColor: fall,
    });
  prices.setData(data.line ? data.bars.map((bar) => ({ time: bar.time, value: bar.close })) : data.bars);
  const volume = data.volumes.length ? chart.addSeries(LightweightCharts.HistogramSeries, {
    color: colour("edge"), priceFormat: { type: "volume" }, lastValueVisible: false, priceLineVisible: false,
  }, 1) : null;
  volume?.setData(data.volumes);
  if (data.marks?.length) {
    LightweightCharts.createSeriesMarkers(prices, data.marks.map((mark) => ({
      time: mark.time, text: mark.text, position: "aboveBar", shape: "arrowDown", color: colour("accent-text"),
    })));
  }
  const last = data.bars.at(-1);
  prices.createPriceLine({
    price: last.close, color: data.line ? colour("accent") : last.close < last.open ? fall : rise, lineStyle: 2, lineWidth: 1,
    axisLabelVisible: true, axisLabelTextColor: colour("on-accent"), title: "",
  });
  if (volume) chart.panes()[1].setHeight(90);
  chart.timeScale().setVisibleLogicalRange({ from: data.bars.length - 130, to: data.bars.length + 3 });
  const show = (bar, amount) => {
    if (!legend || !bar) return;
    const day = typeof bar.time === "number" ? moment.format(bar.time * 1000) : typeof bar.time === "string" ? bar.time : "";
    const mark = data.marks?.find((each) => each.time === bar.time);
    const prices = data.line ? `C ${fixed(bar.close ?? bar.value)}`
      : `O ${fixed(bar.open)}  H ${fixed(bar.high)}  L ${fixed(bar.low)}  C ${fixed(bar.close)}`;
    legend.textContent = `${mark ? `▼ ${mark.text}  ` : ""}${day}  ${prices}  V ${amount?.value?.toLocaleString("en") ?? "–"}`;
  };
  show(data.bars.at(-1), data.volumes.at(-1));
  chart.subscribeCrosshairMove((at) => {
    const bar = at.seriesData.get(prices);
    show(bar ? { ...bar, time: bar.time } : data.bars.at(-1), bar && volume ? at.seriesData.get(volume) : data.volumes.at(-1));
  });
  return chart;
}

function columns(box, data) {
  const colour = token(box);
  const chart = frame(box, 210, true);
  const looks = { accepted: "accent", refused: "high" };
  // Bars stand on each other: the whole first, the refused part in front of it.
  const refused = data.series.refused;
  const whole = data.series.accepted.map((point, i) => ({ time: point.time, value: point.value + (refused[i]?.value ?? 0) }));
  for (const [name, points] of [["accepted", whole], ["refused", refused]]) {
    const series = chart.addSeries(LightweightCharts.HistogramSeries, {
      color: colour(looks[name]), priceFormat: { type: "custom", formatter: (value) => Math.round(value).toLocaleString("en"), minMove: 1 },
      priceLineVisible: false, lastValueVisible: name === "accepted", base: 0,
    });
    series.setData(points);
  }
  chart.timeScale().fitContent();
  return chart;
}

function draw(root) {
  for (const box of root.querySelectorAll("[data-chart]:not([data-drawn])")) {
    box.dataset.drawn = "1";
    const data = JSON.parse(box.querySelector("script").textContent);
    const show = () => (data.kind === "candles" ? candles : columns)(box, data);
    const panel = box.closest(".tabpanel"); // a chart without a size cannot be drawn: it waits for its tab
    if (panel) panel.addEventListener("shown", show, { once: true });
    else show();
  }
}

draw(document);
document.body.addEventListener("htmx:afterSwap", (event) => draw(event.detail.target));
