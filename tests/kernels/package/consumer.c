/* Multiplies a small ternary matrix through the C interface and checks the result and an error message. */
#include <kernels/lutra_kernels.h>
#include <stdio.h>
#include <string.h>

int main(void) {
  /* Codes of two planes of weight 1: 0 is -1, 1 is 0, 3 is +1 (twice that, before the scale of 1/2). */
  const uint8_t codes[2 * 5] = {3, 3, 0, 1, 3, 0, 0, 0, 3, 1};
  const int8_t tokens[5] = {1, 2, 3, 4, -128};
  const float scale = 0.5F;
  lutra_weights weights = {0};
  weights.outputs = 2;
  weights.depth = 5;
  weights.planes = 2;
  weights.codes = codes;
  weights.scales = &scale;
  weights.scale_count = 1;
  char message[256] = "";
  lutra_plan* plan = NULL;
  if (lutra_plan_create(&weights, NULL, 1, &plan, message, sizeof message) != 0) {
    fprintf(stderr, "%s\n", message);
    return 1;
  }
  float result[2] = {0, 0};
  const lutra_activations activations = {LUTRA_INT8, tokens, 1, 0, NULL};
  const lutra_output output = {LUTRA_FP32, result, 0};
  if (lutra_mpgemm(plan, &activations, &output, 1, message, sizeof message) != 0) {
    fprintf(stderr, "%s\n", message);
    return 1;
  }
  if (result[0] != -128.0F || result[1] != -2.0F) {
    fprintf(stderr, "expected -128 and -2, got %g and %g\n", result[0], result[1]);
    return 1;
  }
  const lutra_output integers = {LUTRA_INT32, result, 0};
  if (lutra_mpgemm(plan, &activations, &integers, 1, message, sizeof message) != 2 || strstr(message, "INT32") == NULL) {
    fprintf(stderr, "INT32 output with a scale was not refused\n");
    return 1;
  }
  lutra_plan_free(plan);
  return 0;
}
