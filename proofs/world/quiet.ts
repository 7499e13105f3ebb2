/** Imported before the function: its metrics must not be in the output. */
process.env.POWERTOOLS_METRICS_DISABLED = "true";
