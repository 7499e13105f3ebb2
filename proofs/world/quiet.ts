/** Read before anything of the function: its metrics would be noise in what a proof prints. */
process.env.POWERTOOLS_METRICS_DISABLED = "true";
