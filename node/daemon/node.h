#pragma once

#include <atomic>
#include <memory>
#include <mutex>
#include <vector>

#include "contracts/registry.h"
#include "node/api/ledger_server.h"
#include "node/daemon/certificate_watch.h"
#include "node/daemon/disk.h"
#include "node/daemon/disk_space.h"
#include "node/daemon/executor.h"
#include "node/daemon/home.h"
#include "node/daemon/own_keys.h"
#include "node/daemon/reads.h"
#include "node/daemon/tracker.h"
#include "node/http/server.h"
#include "node/peers/peer_network.h"
#include "node/pipeline/gateway.h"
#include "node/pipeline/pipeline.h"
#include "node/runtime/inbox.h"
#include "node/runtime/metrics.h"
#include "node/runtime/worker_pool.h"

namespace keten::node {

inline constexpr std::string_view kVersion = "0.1.0";

/// One running validator: the loop thread owns the pipeline and carries its effects out; everything else hands it events.
class Node final : public Gateway, private peers::Handler, private pipeline::TransactionRules {
 public:
  /// Opens the disk and recovers. Nothing listens yet. `fatal` ends the process.
  [[nodiscard]] static Result<std::unique_ptr<Node>> open(Home home, Fatal fatal);
  ~Node() override;

  /// Listens, dials, runs. Fails when an address is taken.
  [[nodiscard]] keten::Status start();
  /// Stops the front doors first, then the loop, then the disk. Idempotent.
  void stop();

  // Gateway
  void submit(std::vector<TransactionPointer> transactions, Admitted done) override;
  void wait(const TransactionId& id, WaitLevel level, std::uint64_t timeout_ms, Waited done) override;
  [[nodiscard]] TransactionProgress progress(const TransactionId& id) const override;
  [[nodiscard]] NodeStatus status() const override;
  [[nodiscard]] DirectoryPointer directory() const override;
  [[nodiscard]] const Genesis& genesis() const override { return home_.genesis; }
  [[nodiscard]] std::unique_ptr<Subscription> watch_executed(std::function<void(Height)> changed) override;

 private:
  class Watch;
  struct Watchers;
  struct Submission {
    std::vector<TransactionId> ids;
    std::vector<keten::Status> results;
    std::size_t missing = 0;
    Admitted done;
  };

  Node(Home home, std::unique_ptr<Disk> disk, Fatal fatal);

  // peers::Handler, on the network's threads
  std::size_t on_messages(NodeNumber from, std::vector<pipeline::PeerMessage>& messages) override;
  void on_connected(NodeNumber peer) override;
  void on_disconnected(NodeNumber peer) override;
  void on_identity_in_use(const Error& error) override { fatal_(error); }
  // pipeline::TransactionRules, on the loop
  [[nodiscard]] keten::Status check(const Transaction& transaction, Roles roles) const override;
  [[nodiscard]] bool may_call(const Transaction& transaction, Roles roles) const override;

  // The loop
  void run();
  /// Whether the disk is exhausted; looks at it from time to time.
  [[nodiscard]] bool is_exhausted(std::uint64_t now_ms);
  void carry(pipeline::Effects effects);
  void verify(consensus::VerifyRequest request);
  void verify(pipeline::VerifyTransactions request);
  void serve(const pipeline::Serve& request);
  void admit(std::vector<pipeline::Admission> admissions);
  [[nodiscard]] MembershipPointer membership() const;
  /// Null while nobody has named this node.
  [[nodiscard]] const keten::Node* self_in(const Membership& present) const;
  [[nodiscard]] std::vector<peers::PeerEntry> peer_entries(const Membership& present, Height executed) const;
  void follow_members(const Membership& present, Height executed);
  void say_ready(const pipeline::ReadyDue& due);
  [[nodiscard]] std::string name_of(NodeNumber number) const;
  void publish(consensus::Now now);
  [[nodiscard]] pipeline::PipelineStatus published() const;
  [[nodiscard]] std::uint64_t published_age_ms() const;
  void executed(const BlockPointer& block, const contracts::BlockResult& result, const MembershipPointer& membership);
  [[nodiscard]] keten::Status start_front_doors();

  Home home_;
  Fatal fatal_;
  Metrics metrics_;
  contracts::Registry registry_;
  mutable std::mutex membership_mutex_;  // the execution thread replaces it, everybody reads
  MembershipPointer membership_;
  Height executed_height_;  ///< when it was opened
  std::unique_ptr<Disk> disk_;
  std::uint64_t looked_ms_ = 0;  ///< when the loop last looked at the disk's space
  OwnKeys keys_;
  CertificateWatch certificate_;
  Tracker tracker_;
  Inbox<pipeline::Event> inbox_;
  std::map<NodeNumber, std::shared_ptr<std::atomic<int>>> serving_;  ///< the loop's: block requests that wait

  std::unique_ptr<pipeline::Pipeline> pipeline_;  ///< the loop's own
  mutable std::mutex status_mutex_;               // the loop publishes, front doors read
  pipeline::PipelineStatus published_;
  std::uint64_t published_at_ms_ = 0;  ///< steady, with `published_`
  std::uint64_t published_ms_ = 0;
  Height published_height_;
  std::size_t executed_steps_ = 0;  ///< blocks executed since the status was published

  std::mutex submissions_mutex_;  // front doors add, the loop answers
  std::map<std::uint64_t, Submission> submissions_;
  std::atomic<std::uint64_t> next_ticket_{1};
  std::shared_ptr<Watchers> watchers_;

  Counter signatures_verified_;
  Counter signatures_refused_;
  Counter votes_verified_;
  Counter admitted_;
  Counter verify_us_;
  Counter loop_us_;
  Counter loop_steps_;
  Counter blocks_;

  Reads reads_;
  ApiReads api_reads_;
  HttpReads http_reads_;
  std::unique_ptr<WorkerPool> vote_pool_;
  std::unique_ptr<WorkerPool> transaction_pool_;
  std::unique_ptr<WorkerPool> serve_pool_;
  std::unique_ptr<Persister> persister_;
  std::unique_ptr<Executor> executor_;
  std::unique_ptr<peers::PeerNetwork> network_;
  std::unique_ptr<api::LedgerServer> api_;
  std::unique_ptr<http::Server> http_;
  std::jthread loop_;
  bool stopped_ = false;
};

}  // namespace keten::node
