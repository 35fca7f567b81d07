/* Runs the model of my-model.a on one and on three rows of ones and threes. */
#include "my-model.h"
#include "tercet/runtime.h"
#include <stdio.h>
#include <string.h>

static int failed(tercet_status *status) {
  if (status)
    printf("error: %s\n", tercet_status_message(status));
  return status != NULL;
}

int main(void) {
  tercet_artifact *artifact;
  tercet_device *device;
  tercet_session *session;
  int8_t x[3 * 32];
  int64_t rows, shape[2];
  if (failed(tercet_artifact_open_memory(my_model_artifact, my_model_artifact_size, NULL, &artifact)) ||
      failed(tercet_device_open("cpu", NULL, &device)) ||
      failed(tercet_session_create(artifact, device, NULL, &session)))
    return 1;
  for (rows = 1; rows <= 3; rows += 2) {
    DLTensor in, out;
    memset(x, (int)rows, sizeof x);
    memset(&in, 0, sizeof in);
    in.data = x;
    in.device.device_type = kDLCPU;
    in.ndim = 2;
    in.dtype.code = kDLInt;
    in.dtype.bits = 8;
    in.dtype.lanes = 1;
    shape[0] = rows;
    shape[1] = 32;
    in.shape = shape;
    memset(&out, 0, sizeof out);
    if (failed(tercet_session_call(session, "product", &in, 1, &out, 1)))
      return 1;
    printf("rows %d: %d %d\n", (int)rows, ((int32_t *)out.data)[0],
           ((int32_t *)out.data)[rows * 16 - 1]);
  }
  tercet_session_free(session);
  tercet_device_close(device);
  tercet_artifact_close(artifact);
  return 0;
}
