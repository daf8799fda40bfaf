// Draws the charts of a page from their data attribute; colours come from the theme.
const texts = JSON.parse(document.getElementById("texts").textContent);  // app.js by another address would be a second one

// 1,250,000 in every language: Chromium's own numbers know no Mongolian
function grouped(value) { return String(value).replace(/\B(?=(\d{3})+(?!\d))/g, ","); }
function css(name) { return getComputedStyle(document.documentElement).getPropertyValue(name).trim(); }

document.querySelectorAll("canvas.js-chart").forEach((canvas) => {
  const data = JSON.parse(canvas.dataset.chart);
  const links = [...(canvas.closest(".panel")?.querySelectorAll("tbody tr") ?? [])].map((row) => row.querySelector("a")?.href);
  const shown = [data.shown, data.shownBefore];
  Chart.defaults.font.family = "Noto Sans, sans-serif";
  Chart.defaults.color = css("--muted");
  new Chart(canvas, {
    type: "bar",
    data: {
      labels: data.labels,
      datasets: [
        { label: data.now, data: data.values, backgroundColor: css("--accent"), borderRadius: 3, maxBarThickness: 44 },
        ...(data.before.some((value) => value) ? [{ label: data.earlier, data: data.before, backgroundColor: css("--line-strong"), borderRadius: 3, maxBarThickness: 44 }] : []),
      ],
    },
    options: {
      indexAxis: data.timeline || data.labels.length < 9 ? "x" : "y",
      maintainAspectRatio: false,
      animation: false,
      onClick: (_event, found) => { const link = found[0] && links[found[0].index]; if (link) location.assign(link); },
      plugins: {
        legend: { position: "bottom", align: "start" },
        tooltip: { callbacks: { label: (item) => `${item.dataset.label}: ${shown[item.datasetIndex][item.dataIndex]}` } },
      },
      scales: {
        x: { grid: { color: css("--line"), display: false } },
        y: { grid: { color: css("--line") }, beginAtZero: true, ticks: { precision: 0, callback(value) { return typeof value === "number" && this.type === "linear" ? grouped(value) : this.getLabelForValue(value); } } },
      },
    },
  });
});
