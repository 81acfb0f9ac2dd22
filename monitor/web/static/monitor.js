// Pages work without this. It adds the reader's own time beside UTC, and lets the slider of a list go by itself.
"use strict";

(() => {
  const local = new Intl.DateTimeFormat(undefined, {
    weekday: "short", month: "short", day: "numeric", hour: "numeric", minute: "2-digit", timeZoneName: "short",
  });
  const away = new Date().getTimezoneOffset() !== 0;
  for (const time of document.querySelectorAll("main time:not(.age)")) {
    const at = new Date(time.dateTime);
    if (!away || !time.dateTime.includes("T") || Number.isNaN(at.getTime())) continue;
    const said = document.createElement("span");
    said.className = "local";
    said.textContent = ` (${local.format(at)})`;
    time.after(said);
  }

  for (const form of document.querySelectorAll("form[data-slider]")) {
    const slider = form.querySelector("input[type=range]");
    const label = form.querySelector("label");
    const names = [...form.querySelectorAll("datalist option")].map((option) => option.label);
    slider.addEventListener("input", () => {
      const name = names[slider.value - 1] || `${Math.round(100 * slider.value / slider.max)} % of the way to now`;
      label.textContent = `As first seen ${name}`;
      slider.setAttribute("aria-valuetext", name);
    });
  }

  // A form leaves no empty filters in the address.
  for (const form of document.querySelectorAll("form.filters, form.moment")) {
    form.addEventListener("submit", () => {
      const empty = [...form.elements].filter((each) => each.name && each.value === "" && !each.disabled);
      for (const each of empty) each.disabled = true;
      setTimeout(() => { for (const each of empty) each.disabled = false; });
    });
  }
})();
