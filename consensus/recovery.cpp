#include "consensus/recovery.h"

namespace keten::consensus {

void read_past(const std::vector<JournalRecord>& journal, Recovered& recovered) {
  for (const auto& record : journal) {
    if (const auto* quarantine = std::get_if<Quarantine>(&record)) {
      recovered.quarantine = *quarantine;
    } else if (const auto* readmission = std::get_if<Readmission>(&record)) {
      recovered.quarantine.reset();
      recovered.readmission = *readmission;
    } else if (const auto* contradiction = std::get_if<Contradiction>(&record)) {
      recovered.contradiction = *contradiction;
    } else if (const auto* evidence = std::get_if<Evidence>(&record)) {
      recovered.evidence.push_back(*evidence);
    }
  }
}

}  // namespace keten::consensus
