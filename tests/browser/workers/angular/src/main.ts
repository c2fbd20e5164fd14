import { CUSTOM_ELEMENTS_SCHEMA, Component, isDevMode, provideZonelessChangeDetection, signal } from "@angular/core";
import { bootstrapApplication } from "@angular/platform-browser";
import { provideServiceWorker } from "@angular/service-worker";

const MODULE: string = "/auth/client.js"; // the backend serves it

@Component({
  selector: "app-root",
  schemas: [CUSTOM_ELEMENTS_SCHEMA],
  template: `
    <sign-in-button provider="own"></sign-in-button>
    <p id="who">{{ who() }}</p>
    <p id="route">{{ path }}</p>
  `,
})
class App {
  readonly who = signal("");
  readonly path = location.pathname;

  async ngOnInit() {
    const { onSession } = await import(MODULE);
    onSession((found: { account: { name: string } } | null) => this.who.set(found?.account.name ?? ""));
  }
}

bootstrapApplication(App, {
  providers: [
    provideZonelessChangeDetection(),
    // As `ng add @angular/pwa` writes it.
    provideServiceWorker("ngsw-worker.js", { enabled: !isDevMode(), registrationStrategy: "registerWhenStable:30000" }),
  ],
});
