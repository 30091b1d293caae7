import { describe, expect, it } from "vitest";
import { ApiClient } from "../../src/api/client.js";
import { Screenshots } from "../../src/api/screenshots.js";
import { ProblemError, UnreachableError } from "../../src/api/problems.js";

type Sent = Parameters<typeof fetch>;

function clientOf(response: () => Response | Promise<never>, token: string | null = null): { api: ApiClient; sent: Sent[] } {
  const sent: Sent[] = [];
  const api = new ApiClient("https://host/prefix/", token, (...call) => {
    sent.push(call);
    return Promise.resolve(response());
  });
  return { api, sent };
}

const problem = (body: string, type = "application/problem+json"): Response =>
  new Response(body, { status: 503, statusText: "Service Unavailable", headers: { "Content-Type": type, "Retry-After": "2" } });

describe("calls", () => {
  it("go to the application's own folder, with the token and the image as they are", async () => {
    const { api, sent } = clientOf(() => Response.json({ faces: [] }), "secret");
    const crops = new Blob(["x"], { type: "image/jpeg" });
    await api.faces(crops);
    const [address, init] = sent[0]!;
    expect(address).toBe("https://host/prefix/api/v1/faces?scores=all");
    const headers = new Headers(init?.headers);
    expect([init?.method, headers.get("Content-Type"), headers.get("Authorization")]).toEqual(["POST", "image/jpeg", "Bearer secret"]);
    expect(init?.body).toBe(crops);
  });

  it("name files by their content", () => {
    expect(clientOf(() => Response.json({})).api.bundleFile("ab", "x.onnx")).toBe("https://host/prefix/api/v1/bundle/files/ab/x.onnx");
  });
});

describe("screenshots", () => {
  it("are deleted and restored by their ids", async () => {
    const { api, sent } = clientOf(() => Response.json({ ids: ["a"] }));
    const screenshots = new Screenshots(api);
    expect([await screenshots.delete(["a", "b"]), await screenshots.restore(["a"])]).toEqual([["a"], ["a"]]);
    expect(sent.map(([address, init]) => [address, init?.method, init?.body])).toEqual([
      ["https://host/prefix/api/v1/screenshots/delete", "POST", '{"ids":["a","b"]}'],
      ["https://host/prefix/api/v1/screenshots/restore", "POST", '{"ids":["a"]}'],
    ]);
    expect(new Headers(sent[0]![1]?.headers).get("Content-Type")).toBe("application/json");
  });
});

describe("errors", () => {
  it("are the server's problem documents", async () => {
    const { api } = clientOf(() => problem(JSON.stringify({ type: "/problems/busy", title: "Busy", detail: "Too many.", status: 503 })));
    const error = await api.bundle().catch((reason: unknown) => reason);
    expect(error).toBeInstanceOf(ProblemError);
    expect(error).toMatchObject({ message: "Too many.", retryAfterSeconds: 2, problem: { type: "/problems/busy", status: 503 } });
  });

  it.each([["<html>", "text/html"], ["{", "application/problem+json"], ["[]", "application/problem+json"]])(
    "of others are told from the status: %s",
    async (body, type) => {
      const { api } = clientOf(() => problem(body, type));
      await expect(api.bundle()).rejects.toMatchObject({ message: "Service Unavailable", problem: { status: 503 } });
    },
  );

  it("of the network are one kind", async () => {
    const { api } = clientOf(() => Promise.reject(new TypeError("Failed to fetch")));
    await expect(api.bundle()).rejects.toThrow(UnreachableError);
  });

  it("of aborts pass as they are", async () => {
    const { api } = clientOf(() => Promise.reject(new DOMException("late", "TimeoutError")));
    await expect(api.bundle()).rejects.toMatchObject({ name: "TimeoutError" });
  });
});
