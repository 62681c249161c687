/* SPDX-License-Identifier: Apache-2.0 */
/* replay FILE...: each once through the target; any compiler. */
#include "tests/fuzz/fuzz.h"

#include <stdio.h>
#include <stdlib.h>

#define MAX (1u << 20)

int main(int argc, char **argv)
{
	for (int i = 1; i < argc; i++) {
		FILE *file = fopen(argv[i], "rb");
		uint8_t *data = malloc(MAX);
		size_t n;

		if (file == NULL || data == NULL) {
			perror(argv[i]);
			return 1;
		}
		n = fread(data, 1, MAX, file);
		/* As libFuzzer does: not a byte more than there is. */
		data = realloc(data, n + (n == 0));
		LLVMFuzzerTestOneInput(data, n);
		free(data);
		fclose(file);
	}
	printf("replayed %d\n", argc - 1);
	return argc > 1 ? 0 : 1;
}
