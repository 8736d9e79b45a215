import { after, before, test } from 'node:test';
import { Demo } from '#apps/cli/demo/demo';
import { Layout } from '#apps/cli/fleet/layout';
import { guestImages } from '#apps/cli/guest-images/guest-images';
import { setting } from '#libs/common/config';
import { LocalFleet } from '#apps/cli/demo/local-fleet';
import { demoSteps } from '#apps/cli/demo/steps';

// The steps of the demo throw where what they claim does not hold, so they are the assertions.
let demo: Demo;
before(async () => {
  demo = await Demo.on(await LocalFleet.open(new Layout(setting('LXSTACK_DEPLOYMENT')), await guestImages()));
});
after(async () => {
  for (const id of demo.servers.values()) {
    await demo.compute.remove(id);
    await demo.compute.gone(id);
  }
  demo.close();
});

for (const step of demoSteps) {
  test(`demo: ${step.title}`, async (context) => {
    context.diagnostic(await step.run(demo));
  });
}
