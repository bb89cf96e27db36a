#pragma once

#include <memory>
#include <utility>

#include "contracts/contract.h"
#include "contracts/production/document.h"
#include "contracts/production/event_judge.h"
#include "core/result.h"

namespace keten::production {

/// What happens to the other events when one cannot be recorded (EPCIS 2.0, header GS1-Capture-Error-Behaviour).
enum class ErrorBehaviour : std::uint8_t {
  rollback = 0,  ///< all or nothing
  proceed = 1,   ///< the others are recorded
};

/// The arguments of `production.capture`: empty for rollback and strict, otherwise one byte.
struct CaptureArguments {
  ErrorBehaviour behaviour = ErrorBehaviour::rollback;
  Profile profile = Profile::strict;
};
Bytes encode(const CaptureArguments& arguments);
/// Fails with CAPTURE_ARGUMENTS.
Result<CaptureArguments> decode_capture_arguments(ByteView bytes);

/// Records EPCIS events. Method `capture`: one payload, the JSON bytes of a document or a bare event exactly as the
/// client sent them; the receipt's result is an encoded CaptureResult (event_record.h). Recording the same content
/// under the same id again changes nothing and succeeds; other content under a used id is EVENT_ID_CONFLICT.
class ProductionContract final : public contracts::Contract {
 public:
  /// Without a judge everything valid is recorded.
  explicit ProductionContract(std::unique_ptr<const EventJudge> judge = nullptr) : judge_(std::move(judge)) {}
  [[nodiscard]] std::string_view name() const override { return "production"; }
  [[nodiscard]] Result<Roles> allowed_roles(std::string_view method) const override;
  [[nodiscard]] Status check(const Transaction& transaction) const override;
  [[nodiscard]] Result<Bytes> execute(contracts::Context& context) const override;

 private:
  std::unique_ptr<const EventJudge> judge_;
};

}  // namespace keten::production
