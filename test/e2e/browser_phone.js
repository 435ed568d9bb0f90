// A SIP phone in a page, as small as it can be: SIP over a WebSocket (RFC 7118), digest (RFC 7616), one call at a time,
// with the browser's own WebRTC. The tests load it into a blank page and call its functions.
"use strict";

const CRLF = "\r\n";
const word = () => Math.random().toString(36).slice(2, 12);

async function sha256(text) {
  const hash = await crypto.subtle.digest("SHA-256", new TextEncoder().encode(text));
  return [...new Uint8Array(hash)].map((byte) => byte.toString(16).padStart(2, "0")).join("");
}

function parseMessage(text) {
  const [head, ...rest] = text.split(CRLF + CRLF);
  const [start, ...lines] = head.split(CRLF);
  const headers = lines.map((line) => [line.slice(0, line.indexOf(":")).trim().toLowerCase(), line.slice(line.indexOf(":") + 1).trim()]);
  const status = start.startsWith("SIP/2.0 ") ? Number(start.split(" ")[1]) : 0;
  return {
    start, status, method: status ? "" : start.split(" ")[0], body: rest.join(CRLF + CRLF),
    all: (name) => headers.filter(([key]) => key === name).map(([, value]) => value),
    get: (name) => (headers.find(([key]) => key === name) || ["", ""])[1],
  };
}

class BrowserPhone {
  constructor({url, domain, line, password}) {
    Object.assign(this, {url, domain, line, password});
    this.host = word() + ".invalid";
    this.waiting = new Map();  // by branch
    this.state = "idle";
    this.log = [];
  }

  async open() {
    // A WebSocket gives up when the server asks for a certificate, unless the browser has decided before that it has none.
    await fetch(this.url.replace("wss:", "https:"), {mode: "no-cors"}).catch(() => {});
    this.socket = new WebSocket(this.url, "sip");
    this.socket.onmessage = async ({data}) => this.receive(parseMessage(typeof data === "string" ? data : await data.text()));
    await new Promise((done, failed) => {
      this.socket.onopen = done;
      this.socket.onerror = () => failed(new Error("no WebSocket"));
    });
  }

  send(text) {
    this.log.push(text);
    this.socket.send(text);
  }

  contact() {
    return `<sip:${this.line}@${this.host};transport=ws>`;
  }

  /// Sends a request, answers one challenge; the final response.
  async request(method, uri, {to, from, callId, cseq = 1, headers = [], body = "", authorization} = {}) {
    const branch = "z9hG4bK" + word();
    const call = callId || word();
    from = from || `<sip:${this.line}@${this.domain}>;tag=${word()}`;
    to = to || `<${uri}>`;
    const lines = [`${method} ${uri} SIP/2.0`, `Via: SIP/2.0/WSS ${this.host};branch=${branch}`, "Max-Forwards: 70", `From: ${from}`, `To: ${to}`,
      `Call-ID: ${call}`, `CSeq: ${cseq} ${method}`, `Contact: ${this.contact()}`, ...headers];
    if (authorization) lines.push(`Authorization: ${authorization}`);
    if (body) lines.push("Content-Type: application/sdp");
    lines.push(`Content-Length: ${new TextEncoder().encode(body).length}`);
    const answered = new Promise((done) => this.waiting.set(branch, done));
    this.send(lines.join(CRLF) + CRLF + CRLF + body);
    const response = await answered;
    this.waiting.delete(branch);
    if (response.status === 401 && !authorization) {
      if (method === "INVITE") this.ack(response, uri, from, call, cseq, branch);
      const credentials = await this.credentials(response, method, uri);
      return this.request(method, uri, {to, from, callId: call, cseq: cseq + 1, headers, body, authorization: credentials});
    }
    return {response, from, call, cseq, branch};
  }

  async credentials(response, method, uri) {
    const challenge = response.all("www-authenticate").find((value) => /algorithm=SHA-256\b/.test(value));
    const part = (name) => (new RegExp(`${name}="([^"]*)"`).exec(challenge) || ["", ""])[1];
    const cnonce = word();
    const secret = await sha256(`${this.line}:${part("realm")}:${this.password}`);
    const digest = await sha256(`${secret}:${part("nonce")}:00000001:${cnonce}:auth:${await sha256(`${method}:${uri}`)}`);
    return `Digest username="${this.line}", realm="${part("realm")}", nonce="${part("nonce")}", uri="${uri}", response="${digest}", ` +
      `algorithm=SHA-256, cnonce="${cnonce}", opaque="${part("opaque")}", qop=auth, nc=00000001`;
  }

  ack(response, uri, from, call, cseq, branch) {
    this.send([`ACK ${uri} SIP/2.0`, `Via: SIP/2.0/WSS ${this.host};branch=${branch || "z9hG4bK" + word()}`, "Max-Forwards: 70", `From: ${from}`,
      `To: ${response.get("to")}`, `Call-ID: ${call}`, `CSeq: ${cseq} ACK`, "Content-Length: 0"].join(CRLF) + CRLF + CRLF);
  }

  answer(request, status, reason, {body = "", tag = "", headers = []} = {}) {
    const to = request.get("to") + (tag && !request.get("to").includes(";tag=") ? `;tag=${tag}` : "");
    const lines = [`SIP/2.0 ${status} ${reason}`, ...request.all("via").map((via) => `Via: ${via}`), ...request.all("record-route").map((r) => `Record-Route: ${r}`),
      `From: ${request.get("from")}`, `To: ${to}`, `Call-ID: ${request.get("call-id")}`, `CSeq: ${request.get("cseq")}`, `Contact: ${this.contact()}`, ...headers];
    if (body) lines.push("Content-Type: application/sdp");
    lines.push(`Content-Length: ${new TextEncoder().encode(body).length}`);
    this.send(lines.join(CRLF) + CRLF + CRLF + body);
  }

  async receive(message) {
    this.log.push(message.start + CRLF + message.body);
    if (message.status) {
      if (message.status < 200) return;
      const branch = (/branch=([^;,\s]+)/.exec(message.get("via")) || [])[1];
      const waiting = this.waiting.get(branch);
      if (waiting) waiting(message);
      return;
    }
    if (message.method === "ACK") {
      if (message.body && this.pendingOffer) await this.peer.setRemoteDescription({type: "answer", sdp: message.body});
      this.pendingOffer = false;
      return;
    }
    if (message.method === "INVITE") return this.incoming(message);
    this.answer(message, 200, "OK");
    if (message.method === "BYE") this.state = "over";
  }

  async register() {
    const {response} = await this.request("REGISTER", `sip:${this.domain}`, {to: `<sip:${this.line}@${this.domain}>`, headers: ["Expires: 600"]});
    return response.status;
  }

  /// Microphone, connection, and an ear for what comes.
  async openAudio({video = false} = {}) {
    if (this.peer) return;
    this.microphone = await navigator.mediaDevices.getUserMedia(
      {audio: {echoCancellation: false, noiseSuppression: false, autoGainControl: false}, video});
    this.peer = new RTCPeerConnection({bundlePolicy: "max-bundle"});
    for (const track of this.microphone.getTracks()) this.peer.addTrack(track, this.microphone);
    this.peer.ontrack = ({track, streams}) => {
      if (track.kind !== "audio") return;
      const stream = streams[0] || new MediaStream([track]);
      this.speaker = new Audio();
      this.speaker.srcObject = stream;
      this.speaker.play();
      this.context = new AudioContext({sampleRate: 48000});
      this.analyser = this.context.createAnalyser();
      this.analyser.fftSize = 8192;
      this.analyser.smoothingTimeConstant = 0;
      this.context.createMediaStreamSource(stream).connect(this.analyser);
    };
  }

  async gathered() {
    if (this.peer.iceGatheringState !== "complete")
      await new Promise((done) => {
        this.peer.onicegatheringstatechange = () => this.peer.iceGatheringState === "complete" && done();
        setTimeout(done, 3000);
      });
    return this.peer.localDescription.sdp;
  }

  async call(number, options) {
    await this.openAudio(options);
    await this.peer.setLocalDescription(await this.peer.createOffer());
    const uri = `sip:${number}@${this.domain}`;
    const {response, from, call, cseq} = await this.request("INVITE", uri, {body: await this.gathered()});
    if (response.status !== 200) return {status: response.status, reason: response.start, warning: response.get("warning")};
    this.target = (/<([^>]*)>/.exec(response.get("contact")) || ["", uri])[1];
    this.dialog = {from, to: response.get("to"), call, cseq};
    this.ack(response, this.target, from, call, cseq);
    await this.peer.setRemoteDescription({type: "answer", sdp: response.body});
    this.state = "talking";
    return {status: 200, sdp: response.body};
  }

  /// New credentials for ICE (RFC 8445 section 9), by a re-INVITE.
  async restart() {
    await this.peer.setLocalDescription(await this.peer.createOffer({iceRestart: true}));
    const body = await this.gathered();
    const {from, to, call} = this.dialog;
    const {response, cseq} = await this.request("INVITE", this.target, {from, to, callId: call, cseq: ++this.dialog.cseq, body});
    if (response.status !== 200) return {status: response.status, reason: response.start};
    this.ack(response, this.target, from, call, cseq);
    await this.peer.setRemoteDescription({type: "answer", sdp: response.body});
    return {status: 200, sdp: response.body};
  }

  async incoming(invite) {
    await this.openAudio();
    const tag = (/;tag=(.*)$/.exec(invite.get("to")) || ["", word()])[1];
    let body;
    if (invite.body) {
      await this.peer.setRemoteDescription({type: "offer", sdp: invite.body});
      await this.peer.setLocalDescription(await this.peer.createAnswer());
      body = await this.gathered();
    } else {
      await this.peer.setLocalDescription(await this.peer.createOffer());
      body = await this.gathered();
      this.pendingOffer = true;
    }
    if (!invite.get("to").includes(";tag=")) {
      this.target = (/<([^>]*)>/.exec(invite.get("contact")) || [])[1];
      this.dialog = {from: invite.get("to") + `;tag=${tag}`, to: invite.get("from"), call: invite.get("call-id"), cseq: 1};
    }
    this.answer(invite, 200, "OK", {body, tag});
    this.state = "talking";
  }

  async hangUp() {
    const {from, to, call, cseq} = this.dialog;
    const {response} = await this.request("BYE", this.target, {from, to, callId: call, cseq: cseq + 1});
    this.state = "over";
    return response.status;
  }

  /// The loudest frequency now, in Hz, and how loud it is in dB; silence is -Infinity.
  hears() {
    if (!this.analyser) return {hz: 0, db: -200};
    const bins = new Float32Array(this.analyser.frequencyBinCount);
    this.analyser.getFloatFrequencyData(bins);
    const best = bins.indexOf(Math.max(...bins));
    return {hz: best * this.context.sampleRate / this.analyser.fftSize, db: Math.max(bins[best], -200)};
  }

  async figures() {
    const out = {state: this.state, ice: this.peer.iceConnectionState, connection: this.peer.connectionState};
    for (const one of (await this.peer.getStats()).values()) {
      if (one.type === "inbound-rtp" && one.kind === "audio")
        Object.assign(out, {received: one.packetsReceived, bytes: one.bytesReceived, level: one.audioLevel, lost: one.packetsLost, energy: one.totalAudioEnergy});
      if (one.type === "outbound-rtp" && one.kind === "audio") out.sent = one.packetsSent;
      if (one.type === "transport") Object.assign(out, {dtls: one.dtlsState, cipher: one.srtpCipher, role: one.iceRole, tls: one.tlsVersion, user: one.iceLocalUsernameFragment});
      if (one.type === "candidate-pair" && one.nominated) out.consent = one.responsesReceived;
    }
    return out;
  }
}
