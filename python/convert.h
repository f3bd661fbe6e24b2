// Values on their way to Python: JSON as dictionaries, columns as NumPy arrays, tables as pandas frames.
#pragma once

#include <pybind11/numpy.h>
#include <pybind11/pybind11.h>
#include <pybind11/stl.h>

#include <nlohmann/json.hpp>
#include <string>
#include <vector>

namespace lutra::python {

namespace py = pybind11;

/// A column of numbers: `get` of every row.
template <typename T, typename Rows, typename Get>
py::array_t<T> numbers(const Rows& rows, Get get) {
  py::array_t<T> column(static_cast<py::ssize_t>(rows.size()));
  T* out = column.mutable_data();
  for (const auto& row : rows) *out++ = static_cast<T>(get(row));
  return column;
}

/// A column of words.
template <typename Rows, typename Get>
py::list words(const Rows& rows, Get get) {
  py::list column;
  for (const auto& row : rows) column.append(get(row));
  return column;
}

/// A pandas.DataFrame with the columns in the order of `columns`.
inline py::object frame(const py::dict& columns) { return py::module_::import("pandas").attr("DataFrame")(columns); }

inline py::object to_python(const nlohmann::json& value) { return py::module_::import("json").attr("loads")(value.dump()); }

}  // namespace lutra::python
