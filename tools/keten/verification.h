#pragma once

#include <chrono>
#include <filesystem>
#include <functional>
#include <optional>
#include <string>
#include <vector>

#include "core/json.h"
#include "core/proof/light_client.h"
#include "core/proof/question.h"
#include "core/result.h"
#include "tools/keten/console.h"
#include "tools/keten/target.h"

namespace keten::tools {

/// What an answer is checked against. docs/command-line.md, "What is verified".
struct TrustOptions {
  std::string genesis{};     ///< else that of the home
  std::string checkpoint{};  ///< instead
  bool trust_node = false;   ///< nothing is checked
  double timeout_s = 10;     ///< how long to wait for a final block that binds the answer
};

/// The genesis file, with all its signatures, or the checkpoint file: one of the two.
Result<proof::TrustRoot> read_trust_root(const std::string& genesis, const std::string& checkpoint);

/// Asks again while PROOF_NOT_YET, for `timeout_s`.
using FetchProof = std::function<Result<Bytes>(const proof::Question&)>;
Result<Bytes> fetch_proof(Console& console, const FetchProof& fetch, const proof::Question& question, double timeout_s);

/// Checks what one command is told by a node that it does not trust: by proofs, against a genesis, and against what was seen
/// of the chain before. In the end one line says what of it is verified.
class Verification {
 public:
  /// Fails when a file of trust is missing or damaged. Without any genesis it succeeds, and says so in finish().
  static Result<Verification> open(Console& console, const TargetOptions& where, const Target& target,
                                   const TrustOptions& trust);

  /// Whether proofs are wanted: there is a genesis, and the node is not trusted.
  [[nodiscard]] bool is_wanted() const { return client_.has_value() && !failed_; }

  /// A proof of exactly that, verified; or nothing, and finish() tells why. The caller compares, and says holds() or differs().
  std::optional<proof::LightClient::Answer> prove(const FetchProof& fetch, proof::Question question,
                                                  const std::string& subject);
  /// Over HTTP; histories, states, absences.
  std::optional<proof::LightClient::Answer> prove(proof::Question question, const std::string& subject);

  /// Asks over HTTP, until `compare` finds that the proof is as new as the answer.
  enum class Compared : std::uint8_t { done, too_early };
  void check(const proof::Question& question, const std::string& subject,
             const std::function<Compared(const proof::Proof&)>& compare);
  /// The answer, or a part of it, is what this proof says.
  void holds(const proof::LightClient::Answer& answer);
  /// The node's answer is not what is proved.
  void differs(const std::string& where, const std::string& proved, const std::string& answered);
  /// The node contradicts itself or a proof in some other way.
  void is_wrong(Error error);
  /// Part of the answer that no proof covers.
  void is_word_of_node(std::string what) { words_.push_back(std::move(what)); }
  /// What a person should know beside.
  void note(std::string what);
  /// Whether there is time to ask for another proof; waits a moment.
  [[nodiscard]] bool may_ask_again();
  /// Part of the answer that was to be proved and is not.
  void is_missing(Error why);
  [[nodiscard]] bool has_failed() const { return failed_.has_value(); }

  /// Adds `verified` and `verification`. When the answer is wrong nothing of it is left.
  void describe(json::Value& document) const;
  /// Says it on standard error, and tells the exit code. An answer that is wrong must not have been printed.
  int finish(OutputForm form);

 private:
  Verification(Console& console, const Target& target) : console_(&console), target_(target) {}
  std::optional<proof::LightClient::Answer> accept(ByteView file, const proof::TrustRoot& root,
                                                   const std::string& subject);
  void keep();
  void contradicts(const proof::Contradiction& contradiction, ByteView file);
  [[nodiscard]] std::string outcome() const;

  Console* console_;
  Target target_;
  double timeout_s_ = 10;
  std::chrono::steady_clock::time_point until_;
  bool is_trusted_ = false;
  std::optional<proof::TrustRoot> base_;  ///< what the user trusts
  bool is_given_ = false;                 ///< on the command line: answers begin there
  std::optional<proof::LightClient> client_;
  std::filesystem::path kept_in_;
  std::string kept_;
  std::string evidence_file_;

  std::optional<Error> failed_;
  std::optional<Error> missing_;
  std::vector<std::string> words_;
  std::vector<std::string> notes_;
  /// Of the oldest of the proofs.
  std::optional<Height> height_;
  std::vector<std::string> signers_;
  std::size_t validators_ = 0;
  Epoch epoch_;
  Milliseconds time_ = 0;
};

/// In one line on standard error, unless the command has told what of the answer is verified.
void tell_word_of_node(Console& console, const NodeAsked& asked);
/// For answers that no proof covers: what a person is told in the end.
void is_unproved(const TargetOptions& target, const TrustOptions& trust, const std::string& why);
/// The members that tell it to programs; nothing else is said.
void describe_unproved(json::Value& document, const TargetOptions& target, const std::string& why);

}  // namespace keten::tools
