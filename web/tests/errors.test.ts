import { describe, expect, it } from "vitest";
import { ApiError, fallbackKey, fieldErrors, isForbidden, networkProblem, toProblem } from "@/api/errors";

describe("problem documents", () => {
  it("keeps the server's code, text, remedy and trace", () => {
    const body = { code: "catalog.entry.not_reviewed", detail: "尚未审核", fix: "先提交", trace: "t1", status: 409 };
    expect(toProblem(409, body, "header")).toEqual({ ...body, status: 409 });
  });
  it("names a foreign answer by its status and the trace of the header", () => {
    expect(toProblem(502, "<html>", "t2")).toEqual({ status: 502, code: "console.http.502", trace: "t2" });
    expect(toProblem(500, null, null).trace).toBeUndefined();
  });
  it("finds the console's words for every status", () => {
    expect(fallbackKey(networkProblem())).toBe("error.network");
    expect(fallbackKey({ status: 412, code: "x" })).toBe("error.s412");
    expect(fallbackKey({ status: 502, code: "x" })).toBe("error.s500");
    expect(fallbackKey({ status: 418, code: "x" })).toBe("error.other");
  });
  it("maps field errors to the field's own name, the first one winning", () => {
    const error = new ApiError({
      status: 422, code: "kernel.input.invalid",
      fields: [{ field: "body.username", message: "too short" }, { field: "query.username", message: "second" }],
    });
    expect(fieldErrors(error)).toEqual({ username: "too short" });
    expect(fieldErrors(new Error("x"))).toEqual({});
  });
  it("knows a missing right", () => {
    expect(isForbidden(new ApiError({ status: 403, code: "identity.permission.denied" }))).toBe(true);
    expect(isForbidden(new Error("403"))).toBe(false);
  });
});
