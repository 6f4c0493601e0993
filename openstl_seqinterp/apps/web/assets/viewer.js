// A player of the result: filled images are framed, and each is compared with its neighbours' mean, the image that was
// there, and how far it may be off. The value is what looking.py wrote. `element`, `props`, `watch` are Gradio's.
const find = name => element.querySelector("." + name);
let at = 0, timer = null;

// Small images are shown at a whole multiple of their size.
find("main").addEventListener("load", () => {
  const wide = find("main").naturalWidth;
  if (wide > 1) find("stage").style.width = `${wide * Math.max(1, Math.floor(480 / wide))}px`;
});

const number = value => Number(value.toPrecision(3));
function caption(image, other) {
  const scores = image.scores && Object.entries(image.scores).map(([who, found]) =>
    `${who === "mean" ? "neighbours' mean" : who}: ` + [found.psnr !== undefined && `PSNR ${found.psnr.toFixed(1)} dB`,
      found.ssim !== undefined && `SSIM ${found.ssim.toFixed(3)}`].filter(Boolean).join(", ")).join("; ");
  return `Image ${at + 1} of ${props.value.images.length}` + (image.filled ? ", filled" : "")
    + (other ? `; left of the line: ${other === "mean" ? "the neighbours' mean" : "the image that was there"}` : "")
    + (image.off ? `; may be off by ±${number(image.off.mean)}, where least sure ±${number(image.off.worst)} (a standard deviation, in its own values)` : "")
    + (scores ? `. Against the image that was there, ${scores}` : "") + ".";
}

function show(place) {
  const images = props.value.images;
  at = (place + images.length) % images.length;
  const image = images[at], other = image.filled && image[find("with").value] ? find("with").value : "";
  const doubtful = Boolean(image.doubt && find("doubts").checked), split = find("split").value;
  Object.assign(find("main"), { src: image.src, alt: `Image ${at + 1}` + (image.filled ? ", filled" : ", as it came") });
  find("stage").classList.toggle("framed", image.filled);
  for (const each of ["other", "divider"]) find(each).hidden = !other;
  if (other) {
    Object.assign(find("other"), { src: image[other], alt: other === "mean" ? "The mean of its neighbours" : "The image that was there" });
    find("other").style.clipPath = `inset(0 ${100 - split}% 0 0)`;
    find("divider").style.left = `${split}%`;
  }
  find("doubt").hidden = !doubtful;
  if (doubtful) Object.assign(find("doubt"), { src: image.doubt, alt: "Orange where the filled image may be off the most" });
  find("split").disabled = !other;
  find("time").value = at;
  find("caption").textContent = caption(image, other);
  for (const each of find("filled").children) each.setAttribute("aria-pressed", String(Number(each.dataset.place) === at));
}

function pause() {
  clearInterval(timer);
  timer = null;
  find("play").textContent = "Play";
}

function draw() {
  pause();
  const value = props.value;
  find("viewer").hidden = !value || !value.images;
  if (!value || !value.images) return;
  find("time").max = value.images.length - 1;
  find("filled").replaceChildren("Filled: ", ...value.images.flatMap((image, place) => {
    if (!image.filled) return [];
    const button = document.createElement("button");
    Object.assign(button, { type: "button", className: "plain", textContent: place + 1 });
    button.dataset.place = place;
    button.setAttribute("aria-label", `Show filled image ${place + 1}`);
    return [button];
  }));
  find("doubts").closest("label").hidden = !value.images.some(image => image.doubt);
  find("with").options[2].disabled = !value.images.some(image => image.true);
  if (find("with").selectedOptions[0].disabled) find("with").value = "";
  for (const image of value.images) new Image().src = image.src;
  show(Math.max(0, value.images.findIndex(image => image.filled)));
}

element.addEventListener("click", event => {
  const jump = event.target.closest(".filled button");
  if (jump) { pause(); show(Number(jump.dataset.place)); }
  if (event.target.closest(".back")) { pause(); show(at - 1); }
  if (event.target.closest(".on")) { pause(); show(at + 1); }
  if (event.target.closest(".play")) {
    if (timer) return pause();
    find("play").textContent = "Pause";
    timer = setInterval(() => element.isConnected ? show(at + 1) : pause(), 125);
  }
});
element.addEventListener("input", event => {
  if (event.target.matches(".time")) { pause(); show(Number(event.target.value)); }
  if (event.target.matches(".with, .split, .doubts")) { pause(); show(at); }
});
watch("value", draw);
draw();
