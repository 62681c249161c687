/* SPDX-License-Identifier: Apache-2.0 */
/* One configuration file, parsed by libconfig, with each setting's place.
 * Inside core/config. */
#ifndef HYP_CONFIG_READER_H
#define HYP_CONFIG_READER_H

#include "core/config/config.h"
#include "core/config/source.h"

#include <libconfig.h>

struct hyp_reader {
	struct hyp_source source;
	config_t config;
	struct hyp_problems *problems;
};

/* HYP_E_USAGE if nothing of it can be used. */
int32_t hyp_reader_open(struct hyp_reader *reader, const char *path,
			struct hyp_problems *problems);
void hyp_reader_close(struct hyp_reader *reader);

struct hyp_source_line hyp_reader_at(const struct hyp_reader *reader,
				     const config_setting_t *setting);
/* A problem with that setting. */
__attribute__((format(printf, 3, 4))) void
hyp_reader_problem(const struct hyp_reader *reader,
		   const config_setting_t *setting, const char *fmt, ...);

/* Puts a setting into values under name. Out of memory is a problem. */
void hyp_reader_value(const struct hyp_reader *reader,
		      const config_setting_t *setting, const char *name,
		      struct hyp_values *values);

/* One pipeline, from its group: config-pipeline.c. 0, or -1 with problems. */
int hyp_reader_pipeline(const struct hyp_reader *reader,
			const config_setting_t *group,
			struct hyp_pipeline *out);
void hyp_pipeline_fini(struct hyp_pipeline *pipeline);

/* One webhook, from its group: config-webhook.c. */
int hyp_reader_webhook(const struct hyp_reader *reader,
		       const config_setting_t *group, struct hyp_webhook *out);

/* The store's part. out is empty before; fini it also after problems. */
void hyp_reader_database(const struct hyp_reader *reader,
			 const config_setting_t *setting, struct hyp_part *out);

/* One schedule, from its group: config-schedules.c. 0, or -1 with problems. */
int hyp_reader_schedule(const struct hyp_reader *reader,
			const config_setting_t *group,
			struct hyp_config_schedule *out);
void hyp_config_schedule_fini(struct hyp_config_schedule *schedule);

#endif
