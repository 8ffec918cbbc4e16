/** A fake fetch: it stores requests and returns the given responses, in order. */
import { Likeness } from "../src/index.ts";

export interface Sent {
  method: string;
  url: string;
  headers: Headers;
  body: Buffer;
}

export class Fake {
  readonly sent: Sent[] = [];
  /** The milliseconds that the client would have waited; its clock moves by as much. */
  readonly waits: number[] = [];
  readonly #responses: (Response | Error)[] = [];

  readonly client: Likeness;

  constructor() {
    this.client = new Likeness({
      apiUrl: "http://api/",
      region: "eu-central-1",
      credentials: { accessKeyId: "id", secretAccessKey: "secret", sessionToken: "token" },
      fetch: async (input, init) => {
        const request = new Request(input as string, init);
        const body = Buffer.from(await request.arrayBuffer());
        const { method, url, headers } = request;
        this.sent.push({ method, url, headers, body });
        const response = this.#responses.shift();
        if (!response) throw new Error("no response is left");
        if (response instanceof Error) throw response;
        return response;
      },
      pause: async (ms) => void this.waits.push(ms),
    });
  }

  now(): number {
    return this.waits.reduce((sum, one) => sum + one, 0);
  }

  willReturn(status: number, body: unknown = "", headers: Record<string, string> = {}): void {
    const text = typeof body === "string" ? body : JSON.stringify(body);
    this.#responses.push(new Response(status === 204 ? null : text, { status, headers }));
  }

  willBe(response: Response): void {
    this.#responses.push(response);
  }

  willFail(error: Error): void {
    this.#responses.push(error);
  }
}
