// Local times, the age of the data, values of charts, and reloading. The page is complete without it.
"use strict";
(() => {
  const minute = 60000;
  const { root, fresh, checked } = document.body.dataset;
  const all = (selector, within = document) => [...within.querySelectorAll(selector)];

  // times in the zone of the reader
  const clock = { hour: "2-digit", minute: "2-digit", hourCycle: "h23", timeZoneName: "short" };
  const date = { day: "numeric", month: "short", year: "numeric" };
  const text = (at, options) => new Intl.DateTimeFormat("en-GB", options).format(at);
  const formats = {
    clock: (at) => text(at, clock),
    at: (at) => `${text(at, clock)} on ${text(at, date)}`,
    soon: (at) => `${text(at, { weekday: "short", day: "numeric", month: "short" }).replace(",", "")}, ${text(at, clock)}`,
    moment: (at) => `${text(at, date)}, ${text(at, clock)}`,
  };
  for (const time of all("time")) {
    time.title = time.textContent;
    time.textContent = formats[time.dataset.format || "moment"](new Date(time.dateTime));
  }
  const zone = document.getElementById("zone");
  if (zone) zone.textContent = Intl.DateTimeFormat().resolvedOptions().timeZone || "local";

  // the age of the data; what is too old is not known any more
  const age = (at) => {
    const minutes = Math.floor((Date.now() - new Date(at)) / minute);
    if (minutes < 1) return "just now";
    const [count, unit] =
      minutes < 120 ? [minutes, "minute"] : minutes < 2880 ? [Math.floor(minutes / 60), "hour"] : [Math.floor(minutes / 1440), "day"];
    return `${count} ${unit}${count === 1 ? "" : "s"} ago`;
  };
  const expire = () => {
    document.body.classList.add("stale");
    for (const part of all("[data-status]")) {
      part.classList.remove("online", "degraded", "maintenance", "offline");
      part.classList.add("unknown");
      part.querySelector("use").setAttribute("href", "#unknown");
      const word = part.querySelector("[data-word]");
      const when = part.querySelector("[data-when]");
      when.textContent = `now. It was ${word.textContent.toLowerCase()} ${when.textContent}`;
      word.textContent = "Unknown";
    }
  };
  const update = () => {
    for (const span of all(".age")) span.textContent = ` (${age(span.dataset.at)})`;
    if (Date.now() > new Date(fresh) && !document.body.classList.contains("stale")) expire();
  };
  update();
  setInterval(update, minute / 2);

  // the values below the pointer, or those that the arrow keys choose
  for (const figure of all("figure")) {
    const chart = figure.querySelector(".chart");
    const reading = figure.querySelector("output");
    const table = figure.querySelector("table");
    const heads = all("thead th", table).map((cell) => cell.textContent);
    const lines = [...table.tBodies[0].rows].map((row) => [...row.cells].map((cell) => cell.textContent));
    const rows = Number(figure.dataset.rows);
    let column = lines.length - 1;
    let row = 0;
    const show = () => {
      const line = lines[column];
      figure.classList.add("reading");
      reading.textContent =
        rows > 1
          ? `${heads[row + 1]}, ${line[0]}: ${line[row + 1]}`
          : `${line[0]}: ${line.slice(1).map((cell, i) => [heads[i + 1].toLowerCase(), cell]).filter(([, cell]) => cell !== "-").map((pair) => pair.join(" ")).join(", ") || "no data"}`;
    };
    const within = (value, most) => Math.max(0, Math.min(most - 1, value));
    chart.tabIndex = 0;
    chart.addEventListener("pointermove", (event) => {
      const box = chart.getBoundingClientRect();
      column = within(Math.floor(((event.clientX - box.left) / box.width) * lines.length), lines.length);
      row = within(Math.floor(((event.clientY - box.top) / box.height) * rows), rows);
      show();
    });
    chart.addEventListener("keydown", (event) => {
      const [x, y] = { ArrowLeft: [-1, 0], ArrowRight: [1, 0], ArrowUp: [0, -1], ArrowDown: [0, 1] }[event.key] || [];
      if (x === undefined || (y && rows === 1)) return;
      event.preventDefault();
      column = within(column + x, lines.length);
      row = within(row + y, rows);
      show();
    });
    chart.addEventListener("focus", show);
    for (const end of ["pointerleave", "blur"]) chart.addEventListener(end, () => figure.classList.remove("reading"));
  }

  // a new page, as soon as there is one
  if (location.protocol.startsWith("http")) {
    setInterval(async () => {
      if (document.hidden || document.querySelector("details[open]")) return;
      try {
        const answer = await fetch(`${root}status.json`, { cache: "no-cache" });
        const status = await answer.json();
        if (Date.parse(status.checked_at) > Date.parse(checked)) location.reload();
      } catch {
        // the next attempt is in a minute
      }
    }, minute);
  }
})();
