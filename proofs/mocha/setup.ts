import "../world/quiet";

/** Read before every test: what would only be noise between their results. */
process.env.AWS_SDK_JS_NODE_VERSION_SUPPORT_WARNING_DISABLED = "true";
/** What a command prints is compared as text, whoever's terminal or log the tests run in. */
process.env.NO_COLOR = "1";
delete process.env.FORCE_COLOR;
