import "../world/quiet";

/** Mocha loads this file before the tests. The SDK's warning would be printed between the results. */
process.env.AWS_SDK_JS_NODE_VERSION_SUPPORT_WARNING_DISABLED = "true";
/** Tests compare the output of commands, which must not depend on the terminal. */
process.env.NO_COLOR = "1";
delete process.env.FORCE_COLOR;
