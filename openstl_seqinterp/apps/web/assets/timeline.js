// The timeline of a sequence: a button for each image, pressed where it is marked. `element`, `props`, `trigger` and
// `watch` are Gradio's. The value is what looking.py wrote; marks are told by the event "mark".
const list = () => element.querySelector("ol");
const marked = () => [...element.querySelectorAll("button[aria-pressed=true]")].map(each => Number(each.dataset.position));

function name(value, position, pressed) {
  const looks = value.looks[position];
  const absent = value.absent.includes(position);
  return `Image ${position + 1}` + (value.images[position].at === String(position + 1) ? "" : `, at ${value.images[position].at}`)
    + (absent ? ", not there, will be filled" : pressed ? ", marked, will be filled" : "") + (looks && !absent ? `, looks ${looks}` : "");
}

function say(value) {
  const numbers = [...new Set([...value.absent, ...marked()])].sort((a, b) => a - b).map(each => each + 1);
  const shown = numbers.length > 12 ? numbers.slice(0, 12).join(", ") + ", ..." : numbers.join(", ");
  element.querySelector(".said").textContent = numbers.length
    ? `${value.images.length} images; to be filled: ${shown}.` : `${value.images.length} images; none is marked.`;
  const suggested = Object.keys(value.looks).filter(each => !marked().includes(Number(each)));
  const button = element.querySelector(".suggest");
  button.hidden = !suggested.length;
  button.textContent = `Mark what looks wrong: ${suggested.map(each => `${Number(each) + 1} (${value.looks[each]})`).join(", ")}`;
}

function press(button, on) {
  const value = props.value;
  button.setAttribute("aria-pressed", String(on));
  button.setAttribute("aria-label", name(value, Number(button.dataset.position), on));
}

function told() {
  say(props.value);
  trigger("mark", { marked: marked() });
}

function draw() {
  const value = props.value;
  element.querySelector(".timeline").hidden = !value || !value.images;
  if (!value || !value.images) return;
  list().replaceChildren(...value.images.flatMap((image, position) => {
    const item = document.createElement("li");
    const button = document.createElement("button");
    const absent = value.absent.includes(position);
    button.type = "button";
    button.dataset.position = position;
    if (absent) { button.disabled = true; button.className = "absent"; button.setAttribute("aria-label", name(value, position, false)); }
    else press(button, value.marked.includes(position));
    if (value.looks[position]) button.classList.add("strange");
    if (image.src) {
      const picture = document.createElement("img");
      Object.assign(picture, { src: image.src, alt: `Image ${position + 1}`, loading: "lazy" });
      button.append(picture);
    }
    const label = document.createElement("span");
    label.textContent = position + 1;
    button.append(label);
    item.append(button);
    const cut = value.cuts.find(each => each[1] === position);
    if (!cut) return [item];
    const bar = document.createElement("li");
    bar.className = "cut";
    bar.title = `a scene ends between images ${cut[0] + 1} and ${cut[1] + 1}; nothing is filled across it`;
    bar.setAttribute("aria-label", bar.title);
    return [bar, item];
  }));
  say(value);
  const first = element.querySelector("button[aria-pressed=true], button.absent");
  if (first) list().scrollLeft = first.offsetLeft - list().clientWidth / 2;
}

element.addEventListener("click", event => {
  const button = event.target.closest("ol button");
  if (button && !button.disabled) { press(button, button.getAttribute("aria-pressed") !== "true"); told(); }
  if (event.target.closest(".suggest")) {
    for (const each of Object.keys(props.value.looks)) press(element.querySelector(`button[data-position="${each}"]`), true);
    told();
  }
  if (event.target.closest(".none")) {
    element.querySelectorAll("ol button[aria-pressed=true]").forEach(each => press(each, false));
    told();
  }
});
element.addEventListener("keydown", event => {  // arrows move from image to image
  const step = { ArrowRight: 1, ArrowLeft: -1 }[event.key];
  const all = [...element.querySelectorAll("ol button:not(:disabled)")];
  const next = all[all.indexOf(document.activeElement) + step];
  if (step && all.includes(document.activeElement) && next) { next.focus(); event.preventDefault(); }
});
watch("value", draw);
draw();
