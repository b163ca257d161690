// Difference plots become interactive: Bokeh, loaded on pages that have one, draws over their pictures.
"use strict";
{
  const here = document.currentScript.src;

  function draw(item, number) {
    const picture = item.previousElementSibling, place = document.createElement("div");
    place.id = `interactive-${number}`;
    place.setAttribute("role", "img");
    place.setAttribute("aria-label", picture.alt);
    item.after(place);
    Bokeh.embed.embed_item(JSON.parse(item.textContent), place.id).then(() => picture.remove());
  }

  document.addEventListener("DOMContentLoaded", () => {
    const items = document.querySelectorAll("script.interactive");
    if (!items.length) return;
    const script = document.createElement("script");
    script.src = new URL("bokeh.min.js", here);
    script.onload = () => items.forEach(draw);
    document.head.append(script);
  });
}
