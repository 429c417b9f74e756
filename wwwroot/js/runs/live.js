// The events of one run, in order, each once, for as long as the page is open. The server numbers them without gaps;
// whatever happens to the connection, listening goes on after the last number seen.
import "../../lib/signalr/signalr.min.js";

const signalR = globalThis.signalR;

/** Never gives up: at once, then up to five seconds between tries. */
const forEver = { nextRetryDelayInMilliseconds: context => Math.min(5000, 250 * 2 ** Math.min(context.previousRetryCount, 5)) };

const pause = milliseconds => new Promise(done => setTimeout(done, milliseconds));

export class LiveRun {
  #connection;
  #runId;
  #last;
  #handlers;
  #queue = [];
  #catchingUp = null;
  #closed = false;

  /**
   * @param runId the run
   * @param after number of the last event already known
   * @param handlers { event(e), reset(): Promise<number>, connected(bool) }; reset loads history anew and says up to which number
   */
  constructor(runId, after, handlers) {
    this.#runId = runId;
    this.#last = after;
    this.#handlers = handlers;
    this.#connection = new signalR.HubConnectionBuilder()
      .withUrl("/hubs/runs")
      .withAutomaticReconnect(forEver)
      .configureLogging(signalR.LogLevel.None)
      .build();
    this.#connection.on("event", (run, event) => {
      if (run === this.#runId) this.#take(event);
    });
    this.#connection.onreconnecting(() => handlers.connected(false));
    this.#connection.onreconnected(() => this.#subscribe());
    this.#connection.onclose(() => {
      if (!this.#closed) this.#start();
    });
    this.#start();
  }

  get last() {
    return this.#last;
  }

  async close() {
    this.#closed = true;
    await this.#connection.stop();
  }

  async #start() {
    for (let tries = 0; !this.#closed; tries++) {
      try {
        await this.#connection.start();
        return await this.#subscribe();
      } catch {
        this.#handlers.connected(false);
        await pause(Math.min(5000, 250 * 2 ** Math.min(tries, 5)));
      }
    }
  }

  /** Joins the run's group and fetches what was missed; live events that come meanwhile wait in the queue. */
  async #subscribe() {
    for (;;) {
      if (this.#closed || this.#connection.state !== signalR.HubConnectionState.Connected) return;
      try {
        await this.#catchUp();
        this.#handlers.connected(true);
        return;
      } catch {
        await pause(1000);
      }
    }
  }

  #catchUp() {
    this.#catchingUp ??= (async () => {
      try {
        const replay = await this.#connection.invoke("Subscribe", this.#runId, this.#last);
        if (!replay) return;
        if (replay.reset) this.#last = Math.max(replay.lastSeq, await this.#handlers.reset());
        else replay.events.forEach(event => this.#deliver(event));
      } finally {
        this.#catchingUp = null;
      }
      const waiting = this.#queue;
      this.#queue = [];
      waiting.forEach(event => this.#take(event));
    })();
    return this.#catchingUp;
  }

  #take(event) {
    if (event.seq <= this.#last) return;
    if (this.#catchingUp) {
      this.#queue.push(event);
    } else if (event.seq === this.#last + 1) {
      this.#deliver(event);
    } else {
      this.#queue.push(event);
      this.#subscribe();
    }
  }

  #deliver(event) {
    if (event.seq <= this.#last) return;
    this.#last = event.seq;
    this.#handlers.event(event);
  }
}
