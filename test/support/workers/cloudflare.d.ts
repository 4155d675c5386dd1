/** As much of Cloudflare's module as the workers of the tests use. */
declare module "cloudflare:workers" {
  export class DurableObject<Env = unknown> {
    protected readonly ctx: import("rivulet/durable-objects").DurableObjectContext;
    protected readonly env: Env;
    constructor(ctx: import("rivulet/durable-objects").DurableObjectContext, env: Env);
  }
}
