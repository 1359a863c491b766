// The operating system's part of reading and saving. One implementation a platform: file_posix.cc, file_windows.cc.
#pragma once

#include <cstddef>
#include <cstdint>
#include <memory>
#include <string>

namespace voronode {

// A regular file opened for reading. Other things (directories, pipes, devices) are refused with a SystemError.
class InputFile {
 public:
  explicit InputFile(const std::string& path);
  ~InputFile();
  InputFile(InputFile&&) noexcept;
  InputFile& operator=(InputFile&&) = delete;

  // In bytes, at the time of opening.
  uint64_t size() const noexcept;

  // Reads n bytes at `offset`, in as many system calls as it takes; how many came. Fewer than n only at the file's end.
  size_t read_at(uint64_t offset, void* out, size_t n);

 private:
  struct State;
  std::unique_ptr<State> state_;
};

// How a file is saved: all at once, or into the file itself.
enum class Saving { kAtomic, kInPlace };

// A file that is being saved.
class OutputFile {
 public:
  OutputFile() = default;
  OutputFile(const OutputFile&) = delete;
  OutputFile& operator=(const OutputFile&) = delete;
  virtual ~OutputFile() = default;

  virtual void write(const void* data, size_t n) = 0;

  // Puts the bytes on the disk. An error here is final: the kernel may have dropped the pages that it could not write,
  // so a second attempt would succeed without them.
  virtual void sync() = 0;

  // Makes the file's name durable, and closes it. REQUIRES: sync().
  virtual void commit() = 0;
};

std::unique_ptr<OutputFile> open_output(const std::string& path, Saving saving);

// A file that comes to be all at once. The bytes go to a temporary file beside the target, named ".voronode-….tmp";
// commit() makes them durable and renames it over the target. Until then, and after any failure, the target is what it
// was; the destructor removes the temporary file, and so does an orderly end of the process. Only a process that is
// killed leaves one behind; the next AtomicFile of the same target removes it (file_temporary.h; not on Windows).
//
// The target keeps its permissions (and its owner, where the process may give files away), as file_attributes.h says; a
// new file gets the process's default. If the target is a symbolic link, the file it points to is replaced and the link
// stays. Targets that are not regular files are refused, as are files that the process may not write.
class AtomicFile final : public OutputFile {
 public:
  explicit AtomicFile(const std::string& path);
  ~AtomicFile() override;

  void write(const void* data, size_t n) override;
  void sync() override;

  // Also makes the file appear under its name. An error of the last step, syncing the directory, is reported although
  // the new file is in place, whole.
  void commit() override;

 private:
  struct State;
  std::unique_ptr<State> state_;
};

// A file that is written as it lies: for one that cannot be replaced, such as a mount of its own or a file in a folder
// that may not be written. It is emptied at the first write; from then until commit() it is broken, and stays so after
// any failure. It keeps its owner, permissions and links. A file that is not there is made. Refused are the same
// targets as by AtomicFile.
class InPlaceFile final : public OutputFile {
 public:
  explicit InPlaceFile(const std::string& path);
  ~InPlaceFile() override;

  void write(const void* data, size_t n) override;
  void sync() override;
  void commit() override;

 private:
  struct State;
  std::unique_ptr<State> state_;
};

}  // namespace voronode
