// One look after the other, each with its picture: what is drawn belongs together, and a slow
// phone gets fewer of them instead of old ones.
"use strict";

const at = (id) => document.getElementById(id);
const canvas = at("picture");
const pen = canvas.getContext("2d");
const levels = ["calm", "advisory", "caution", "warning", "critical", "emergency"];
const steady = 4; // looks in a row before the frame changes its mind: nobody can follow a flicker

let number = 0;
let agreed = { good: false, times: 0 };
let shown = "waiting";

const wait = (ms) => new Promise((done) => setTimeout(done, ms));

function put(id, text, hot = false) {
  at(id).textContent = text;
  at(id).classList.toggle("hot", hot);
}

function frame(kind, verdict, words) {
  shown = kind;
  at("frame").className = kind;
  // whoever has shut the camera is not to be seen on a phone either
  if (kind === "waiting" || kind === "over") pen.clearRect(0, 0, canvas.width, canvas.height);
  at("verdict").textContent = verdict;
  at("words").replaceChildren(...words.map((text) => {
    const item = document.createElement("li");
    item.textContent = text;
    return item;
  }));
}

function guide(width, height) { // where the face is to be, roughly
  pen.lineWidth = 2;
  pen.setLineDash([10, 8]);
  pen.strokeStyle = "#ffffffb0";
  pen.beginPath();
  pen.ellipse(width / 2, height * 0.48, height * 0.24, height * 0.31, 0, 0, 2 * Math.PI);
  pen.stroke();
  pen.setLineDash([]);
}

function draw(picture, look) {
  if (canvas.width !== picture.width || canvas.height !== picture.height) {
    canvas.width = picture.width;
    canvas.height = picture.height;
  }
  pen.drawImage(picture, 0, 0);
  const scale = picture.width / look.width;
  if (shown !== "good") guide(picture.width, picture.height);
  for (const face of look.boxes) {
    pen.lineWidth = face.judged ? 4 : 2;
    pen.strokeStyle = !face.judged ? "#97a3ae" : shown === "good" ? "#2fbf71" : "#f2b134";
    pen.beginPath();
    pen.roundRect(face.left * scale, face.top * scale, face.width * scale, face.height * scale, 10);
    pen.stroke();
  }
}

function tell(look) {
  agreed = look.good === agreed.good ? { ...agreed, times: agreed.times + 1 } : { good: look.good, times: 1 };
  if (look.boxes.length === 0) {
    frame("lost", "No face", look.words);
  } else if (agreed.times >= steady || shown === "waiting" || shown === "lost") {
    if (look.good) frame("good", "Well placed", ["It can stay like this."]);
    else frame("change", "Not yet", look.words);
  }
  put("device", look.device);
  put("eyes", look.eyes, look.level >= 3);
  put("level", `${look.level} ${levels[look.level]}`, look.level >= 3);
  put("light", look.light);
  put("faces", String(look.boxes.length));
  put("fps", look.fps === null ? "–" : look.fps.toFixed(0));
  const left = Math.max(0, look.left_s);
  put("left", `${Math.floor(left / 60)}:${String(Math.floor(left % 60)).padStart(2, "0")}`);
}

async function watch() {
  let missed = 0;
  while (missed < 5) {
    try {
      const answer = await fetch(`look?after=${number}`, { cache: "no-store" });
      if (answer.status === 403) break;
      if (answer.status === 204) {
        missed = 0;
        frame("waiting", "Waiting for the camera…", []);
        continue;
      }
      if (!answer.ok) throw new Error(String(answer.status));
      const look = JSON.parse(decodeURIComponent(answer.headers.get("Mien-Look")));
      const picture = await createImageBitmap(await answer.blob());
      number = look.number;
      missed = 0;
      tell(look);
      draw(picture, look);
      picture.close();
      document.body.dataset.looks = String(Number(document.body.dataset.looks || 0) + 1);
    } catch {
      missed += 1;
      await wait(400);
    }
  }
  frame("over", "This page has closed", ["It closes by itself after 15 minutes. Start it again on the device to go on."]);
  put("left", "0:00");
}

watch();
