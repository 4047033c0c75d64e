"""The functions of TensorFlow that take tensors and give tensors, and touch nothing of the host.

Keras calls those a file names while it loads the model, and recovered bodies call them too, so `io.write_file` or
`keras.utils.get_file` would do their harm before anything is compared. What is allowed here is safe to call; whether
it can be migrated is the importer's business.
"""

from __future__ import annotations

import re

_PURE_NAMESPACES = r"""
    bitwise|dtypes|experimental\.numpy|image|linalg|math|math\.special|nn|quantization|ragged|random|sets|signal
    |sparse|spectral|strings|keras\.activations|keras\.backend|keras\.losses|keras\.metrics
    |__operators__
"""
_IN_NAMESPACE = re.compile(rf"(compat\.v1\.)?({_PURE_NAMESPACES})\.[A-Za-z]\w*", re.VERBOSE)
_CODECS_AND_CHECKS = re.compile(r"(compat\.v1\.)?(io\.(de|en)code_\w+|debugging\.(assert_\w+|check_numerics))")

# In these namespaces, yet they change the process's state or take the path of a file.
_IMPURE = re.compile(
    r"""keras\.backend\.(batch_set_value|clear_session|eval|function|get_session|get_value|manual_\w+|reset_\w+|set_\w+)
    |random\.(create_rng_state|get_global_generator|set_\w+)
    |experimental\.numpy\.experimental_\w+
    |(nn|random)\.fixed_unigram_candidate_sampler
    |keras\.\w+\.(de)?serialize|keras\.\w+\.get""",
    re.VERBOSE,
)

TOP_LEVEL = frozenset(
    """
    abs accumulate_n acos acosh add add_n angle arg_max arg_min argmax argmin argsort as_dtype as_string asin asinh
    assert_equal assert_greater assert_greater_equal assert_less assert_less_equal assert_rank atan atan2 atanh
    batch_gather batch_to_space batch_to_space_nd betainc bincount bitcast boolean_mask broadcast_dynamic_shape
    broadcast_static_shape broadcast_to cast ceil check_numerics cholesky cholesky_solve clip_by_average_norm
    clip_by_global_norm clip_by_norm clip_by_value complex concat confusion_matrix conj constant convert_to_tensor
    cos cosh count_nonzero cross cumprod cumsum decode_base64 decode_raw depth_to_space diag diag_part digamma div
    div_no_nan divide dynamic_partition dynamic_stitch edit_distance eig eigvals einsum encode_base64 ensure_shape
    equal erf erfc exp expand_dims expm1 extract_image_patches extract_volume_patches eye fft fft2d fft3d fill
    fingerprint floor floor_div floordiv floormod gather gather_nd global_norm greater greater_equal
    guarantee_const histogram_fixed_width histogram_fixed_width_bins identity identity_n ifft ifft2d ifft3d igamma
    igammac imag invert_permutation is_finite is_inf is_nan is_non_decreasing is_strictly_increasing lbeta less
    less_equal lgamma lin_space linspace log log1p log_sigmoid logical_and logical_not logical_or logical_xor matmul
    matrix_band_part matrix_determinant matrix_diag matrix_diag_part matrix_inverse matrix_set_diag matrix_solve
    matrix_square_root matrix_transpose matrix_triangular_solve maximum meshgrid minimum mod multinomial multiply
    negative no_op norm not_equal one_hot ones ones_like pad parallel_stack polygamma pow qr random_crop
    random_gamma random_normal random_poisson random_shuffle random_uniform range rank real realdiv reciprocal
    reduce_all reduce_any reduce_join reduce_logsumexp reduce_max reduce_mean reduce_min reduce_prod reduce_sum
    regex_replace repeat required_space_to_batch_paddings reshape reverse reverse_sequence reverse_v2 rint roll
    round rsqrt saturate_cast scalar_mul scatter_nd searchsorted segment_max segment_mean segment_min segment_prod
    segment_sum self_adjoint_eig sequence_mask setdiff1d shape shape_n sigmoid sign sin sinh size slice sort
    space_to_batch space_to_batch_nd space_to_depth sparse_add sparse_concat sparse_mask sparse_matmul
    sparse_reduce_max sparse_reduce_sum sparse_reorder sparse_reshape sparse_retain sparse_slice sparse_softmax
    sparse_split sparse_tensor_dense_matmul sparse_tensor_to_dense sparse_to_dense sparse_to_indicator
    sparse_transpose split sqrt square squared_difference squeeze stack stop_gradient strided_slice string_join
    string_split string_strip string_to_hash_bucket string_to_hash_bucket_fast string_to_hash_bucket_strong
    string_to_number substr subtract svd tan tanh tensor_scatter_add tensor_scatter_nd_add tensor_scatter_nd_max
    tensor_scatter_nd_min tensor_scatter_nd_sub tensor_scatter_nd_update tensor_scatter_sub tensor_scatter_update
    tensordot tile timestamp to_bfloat16 to_complex128 to_complex64 to_double to_float to_int32 to_int64 trace
    transpose truediv truncated_normal truncatediv truncatemod tuple unique unique_with_counts unravel_index
    unsorted_segment_max unsorted_segment_mean unsorted_segment_min unsorted_segment_prod
    unsorted_segment_sqrt_n unsorted_segment_sum unstack verify_tensor_all_finite where where_v2 zeros zeros_like
    zeta
""".split()
)


def allows_symbol(name: object) -> bool:
    """Whether a `TFOpLambda` may call the public TensorFlow symbol `name`, e.g. `math.add`."""
    if not isinstance(name, str):
        return False
    bare = name.removeprefix("compat.v1.")
    if _IMPURE.fullmatch(bare):
        return False
    return bare in TOP_LEVEL or bool(_IN_NAMESPACE.fullmatch(name) or _CODECS_AND_CHECKS.fullmatch(name))
