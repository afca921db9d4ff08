// What is typed is sent after a pause. The newest request wins: an older one is given up, and the server with it.

const PAUSE = 350; // milliseconds

const note = document.getElementById("note");
const rows = document.getElementById("rows");
const status = document.getElementById("status");
const assumed = document.getElementById("assumed");
const progress = document.getElementById("progress");
const report = document.getElementById("report");
const link = document.getElementById("link");

let timer = 0;
let running = new AbortController();
let judged = null; // the text that the rows are about

// The pieces of an answer as they come, a line of JSON each.
async function* pieces(path, signal) {
  const headers = { "Content-Type": "text/markdown; charset=utf-8" };
  try {
    const answer = await fetch(path, { method: "POST", body: note.value, headers, signal });
    const reader = answer.body.pipeThrough(new TextDecoderStream()).getReader();
    for (let rest = "", done = false; !done;) {
      const came = await reader.read();
      done = came.done;
      const lines = (rest + (came.value ?? "") + (done ? "\n" : "")).split("\n");
      rest = lines.pop();
      for (const line of lines.filter(Boolean)) yield JSON.parse(line);
    }
  } catch (error) {
    if (error.name === "AbortError") throw error;
    throw new Error("The server does not answer: is symbptt serve still running?");
  }
}

// Every piece is told; the last one is given back.
async function ask(path, signal, tell = () => {}) {
  let piece = { error: "The answer has no end: is symbptt serve still running?" };
  for await (piece of pieces(path, signal)) {
    if (piece.error || signal?.aborted) break;
    tell(piece);
  }
  if (piece.error) throw new Error(piece.error);
  return piece;
}

function say(text, wrong = false) {
  status.textContent = text;
  status.classList.toggle("wrong", wrong);
}

function changed() {
  clearTimeout(timer);
  running.abort();
  judged = null;
  const empty = note.value.trim() === "";
  report.disabled = link.disabled = empty;
  for (const button of rows.querySelectorAll("button")) button.disabled = true;
  for (const block of rows.children) block.classList.add("old");
  progress.hidden = true;
  if (empty) {
    rows.replaceChildren();
    assumed.hidden = true;
    rows.removeAttribute("aria-busy");
    say("Nothing to check yet: paste a note, or start from an example.");
    return;
  }
  rows.setAttribute("aria-busy", "true");
  timer = setTimeout(check, PAUSE);
}

async function check() {
  const mine = running = new AbortController();
  const text = note.value;
  let [place, read, wrong] = [0, false, false];
  say("Checking …");
  try {
    const last = await ask("/check", mine.signal, (piece) => {
      if (piece.row) {
        const block = shown(piece.row, place);
        // What was there is dimmed, and keeps its place until it is judged anew.
        if (rows.children[place]) rows.children[place].replaceWith(block);
        else rows.append(block);
        progress.value = ++place;
        wrong ||= !piece.row.settled;
      } else if ("count" in piece) {
        judged = text;
        read = true;
        while (rows.children.length > piece.count) rows.lastElementChild.remove();
        progress.max = Math.max(piece.count, 1);
        progress.value = 0;
        progress.hidden = piece.count < 2;
      }
    });
    if (mine.signal.aborted) return;
    if (!last.summary) throw new Error("The answer has no end: is symbptt serve still running?");
    assume(last.assumed);
    say(last.summary.join("\n"), wrong);
  } catch (error) {
    if (mine.signal.aborted) return;
    // What cannot be read is nearly always what is being typed: what was there before stays, dimmed.
    while (read && rows.children.length > place) rows.lastElementChild.remove();
    assumed.hidden = true;
    say(error.message, true);
  }
  progress.hidden = true;
  rows.removeAttribute("aria-busy");
}

function assume(lines) {
  assumed.hidden = lines.length === 0;
  assumed.querySelector("ul").replaceChildren(...lines.map((line) => {
    const item = document.createElement("li");
    item.innerHTML = line; // written, and escaped, by symbptt
    return item;
  }));
}

function shown(row, place) {
  const block = document.createElement("div");
  const html = document.createElement("template");
  html.innerHTML = row.html; // written, and escaped, by symbptt
  const actions = document.createElement("div");
  actions.className = "actions";
  const line = action(`Line ${row.from[0]}`, `: show (${row.tag}) in the note`, () => choose(row), "line");
  const changes = html.content.querySelectorAll(".change");
  row.fixes.forEach((fix, number) => {
    changes[number].append(action("Put this change into the note", `: ${fix.words}`, () => replace(row, fix), "fix"));
  });
  if (row.explains && !html.content.querySelector("details")) {
    actions.append(action("Why", ` (${row.tag}) is ${row.word}`, (event) => explain(block, place, event.target)));
  }
  block.append(html.content, line, ...(actions.children.length ? [actions] : []));
  return block;
}

// A button; more than its text is said to who does not see what stands around it.
function action(text, more, run, kind = "") {
  const button = document.createElement("button");
  button.type = "button";
  button.textContent = text;
  button.title = text + more;
  button.setAttribute("aria-label", text + more);
  button.className = kind;
  button.addEventListener("click", run);
  return button;
}

// Where a line and a column, both counted from 1 in whole characters, are in the text.
function offset([line, column]) {
  const lines = note.value.split("\n");
  const before = lines.slice(0, line - 1).reduce((sum, text) => sum + text.length + 1, 0);
  return before + Array.from(lines[line - 1] ?? "").slice(0, column - 1).join("").length;
}

function choose(row) {
  note.focus();
  note.setSelectionRange(offset(row.from), offset(row.to));
}

function replace(row, fix) {
  if (note.value !== judged) return;
  choose(row);
  put(fix.latex);
}

// Replace what is chosen. The command keeps it for Ctrl-Z; where there is none, it is replaced all the same.
function put(text) {
  if (!document.execCommand("insertText", false, text)) {
    note.setRangeText(text);
    changed();
  }
}

async function explain(block, place, button) {
  const { signal } = running;
  button.disabled = true;
  button.textContent = "Finding out why …";
  try {
    const found = await ask(`/explain?row=${place}`, signal);
    if (signal.aborted) return;
    const made = shown(found.row, place);
    block.replaceWith(made);
    for (const details of made.querySelectorAll("details")) details.open = true;
    made.querySelector("summary")?.focus();
  } catch (error) {
    if (signal.aborted) return;
    button.textContent = "Why";
    button.disabled = false;
    say(error.message, true);
  }
}

async function download() {
  report.disabled = true;
  const before = status.textContent;
  say("Writing the report …");
  try {
    const found = await ask("/report");
    const place = document.createElement("a");
    place.href = URL.createObjectURL(new Blob([found.report], { type: "text/html" }));
    place.download = "symbptt.html";
    place.click();
    setTimeout(() => URL.revokeObjectURL(place.href), 60000);
    say(before);
  } catch (error) {
    say(error.message, true);
  }
  report.disabled = false;
}

// A link holds the note behind #, which no browser sends to any server.
async function copy() {
  history.replaceState(null, "", `#note=${encodeURIComponent(note.value)}`);
  try {
    await navigator.clipboard.writeText(location.href);
    say("The link is copied.");
  } catch {
    say("The link stands in the address bar.");
  }
}

function open() {
  const [name, text] = [location.hash.slice(0, 6), location.hash.slice(6)];
  if (name !== "#note=") return;
  try {
    note.value = decodeURIComponent(text);
  } catch {
    say("The link holds no note.", true);
    return;
  }
  changed();
}

note.addEventListener("input", changed);
report.addEventListener("click", download);
link.addEventListener("click", copy);
window.addEventListener("hashchange", open);
for (const button of document.querySelectorAll("[data-note]")) {
  button.addEventListener("click", () => {
    if (note.value === "") {
      note.value = button.dataset.note;
      changed();
    } else {
      note.select();
      put(button.dataset.note);
    }
  });
}
if (note.value === "") open();
else changed(); // a browser keeps what was typed when the page is loaded anew
