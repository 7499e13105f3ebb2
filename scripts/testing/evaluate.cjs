// Evaluates index.js of this folder with Pulumi's mocks, and prints the registered resources.
const pulumi = require("@pulumi/pulumi");

const region = "eu-west-1";
const registered = [];
let code;
pulumi.runtime.setAllConfig(JSON.parse(process.env.PULUMI_CONFIG));
pulumi.runtime
  .setMocks(
    {
      newResource: ({ type, name, inputs }) => {
        registered.push(`${type} ${name}`);
        if (type === "aws:lambda/function:Function") code = inputs.code;
        return { id: `${name}-id`, state: { ...inputs, arn: `arn:aws:any:${region}:123456789012:${name}` } };
      },
      call: () => ({ partition: "aws", dnsSuffix: "amazonaws.com", region, accountId: "123456789012" }),
    },
    "consumer",
    "test",
  )
  .then(() => pulumi.runtime.runInPulumiStack(async () => require("./index.js")))
  .then(() => pulumi.runtime.disconnect())
  .then(async () => {
    const files = {};
    for (const [name, asset] of Object.entries(await code.assets)) files[name] = await asset.text;
    process.stdout.write(JSON.stringify({ registered, files }));
  });
