/* The C interface of the kernels: what kernels/mpgemm.h offers, for programs in C and for foreign-function interfaces. */
#ifndef LUTRA_KERNELS_H_
#define LUTRA_KERNELS_H_

#include <stddef.h>
#include <stdint.h>

#ifdef __cplusplus
extern "C" {
#endif

/* Values of the enumerations of kernels/mpgemm.h, in the same order. */
enum lutra_value_type { LUTRA_INT8, LUTRA_INT32, LUTRA_FP16, LUTRA_BF16, LUTRA_FP32 };
enum lutra_table_mode { LUTRA_EXACT, LUTRA_QUANTISED, LUTRA_FLOAT };
enum lutra_family { LUTRA_FAMILY_AUTO, LUTRA_MULTIPLY_ADD, LUTRA_LOOKUP, LUTRA_SCALAR };
enum lutra_target { LUTRA_TARGET_AUTO, LUTRA_PORTABLE, LUTRA_AVX2, LUTRA_AVX512, LUTRA_AVX512_VNNI, LUTRA_NEON, LUTRA_SVE };
enum lutra_zero_mode { LUTRA_ZERO_NONE, LUTRA_ZERO_CONSTANT, LUTRA_ZERO_PER_COLUMN };

/* W[outputs, depth]; see WeightMatrix and PlaneType. Pointers are only read while a plan is made. */
typedef struct lutra_weights {
  int32_t outputs, depth;
  int32_t planes;
  uint8_t shifts[8];       /* plane weights are 2^shift */
  int32_t zero_mode, zero; /* enum lutra_zero_mode; zero with LUTRA_ZERO_CONSTANT */
  int32_t group;           /* k that share scale and zero point; 0: the whole row */
  const uint8_t* codes;    /* outputs x depth */
  const float* scales;     /* scale_count values: 0 (all 1), 1 (tensor) or ceil(depth / group) x outputs */
  size_t scale_count;
  const int16_t* zeros;    /* ceil(depth / group) x outputs with LUTRA_ZERO_PER_COLUMN, else NULL */
  const float* real_zeros; /* ceil(depth / group) x outputs, or NULL */
} lutra_weights;

/* See PlanOptions. lutra_default_options() fills in the defaults. */
typedef struct lutra_plan_options {
  int32_t mode, table_k, table_group, pow2, dense_ternary, batch, family, target;
} lutra_plan_options;

/* A[tokens, depth]; scales: one a token with LUTRA_INT8, or NULL; stride in elements, 0: depth. */
typedef struct lutra_activations {
  int32_t type;
  const void* data;
  int32_t tokens;
  ptrdiff_t stride;
  const float* scales;
} lutra_activations;

/* O[tokens, outputs]; stride in elements, 0: outputs. */
typedef struct lutra_output {
  int32_t type;
  void* data;
  ptrdiff_t stride;
} lutra_output;

typedef struct lutra_plan lutra_plan;

void lutra_default_options(lutra_plan_options* options);

/* Both return 0 for success. Otherwise they return 2 and put what is wrong into `message` (cut to message_size, may be NULL).
   `options` may be NULL for the defaults. A plan may be used by several threads at a time. */
int lutra_plan_create(const lutra_weights* weights, const lutra_plan_options* options, int threads, lutra_plan** plan, char* message,
                      size_t message_size);
int lutra_mpgemm(const lutra_plan* plan, const lutra_activations* activations, const lutra_output* output, int threads, char* message,
                 size_t message_size);
void lutra_plan_free(lutra_plan* plan);

#ifdef __cplusplus
}
#endif
#endif
