#include <keten/contract.hpp>

using keten::Decimal;
using keten::require;

/// Mass that a certifier has confirmed, in kilograms: it belongs to an organisation and a product.
struct Credit {
  keten::Party to;
  std::string product;
  Decimal kilograms;
  std::string certificate;
  KETEN_MESSAGE(Credit, to, product, kilograms, certificate)
};
/// Certified goods become other certified goods, with an agreed loss.
struct Convert {
  std::string from;
  Decimal used;
  std::string into;
  Decimal made;
  KETEN_MESSAGE(Convert, from, used, into, made)
};
struct Transfer {
  keten::Party to;
  std::string product;
  Decimal kilograms;
  KETEN_MESSAGE(Transfer, to, product, kilograms)
};
/// At most so much of `into` comes from each kilogram of `from`.
struct Yield {
  std::string from;
  std::string into;
  Decimal most;
  KETEN_MESSAGE(Yield, from, into, most)
};
struct Account {
  keten::Party owner;
  std::string product;
  KETEN_MESSAGE(Account, owner, product)
};
struct Balance {
  Decimal kilograms;
  KETEN_MESSAGE(Balance, kilograms)
};

/// Who certifies. It stands in the source: whoever approves the package approves this name, and nobody can come first.
constexpr std::string_view kCertifier = "certifier";

/// Accounts of certified mass: what is sold as certified never exceeds what came in.
class CertifiedMass {
 public:
  void allow(keten::Tx& tx, const Yield& yield) {
    by_certifier(tx);
    require(yield.most > Decimal(0), "yield_not_positive", "a yield is more than 0");
    yields_.put(pair(yield.from, yield.into), {yield.most});
  }
  Balance credit(keten::Tx& tx, const Credit& credit) {
    by_certifier(tx);
    require(!certificates_.contains(credit.certificate), "certificate_used", "this certificate was credited before");
    certificates_.put(credit.certificate, credit);
    tx.emit("credited", credit.to, credit);
    return add(credit.to, credit.product, positive(credit.kilograms));
  }
  Balance transfer(keten::Tx& tx, const Transfer& transfer) {
    take(tx.sender(), transfer.product, positive(transfer.kilograms));
    tx.emit("transferred", transfer.to, transfer);
    return add(transfer.to, transfer.product, transfer.kilograms);
  }
  Balance convert(keten::Tx& tx, const Convert& convert) {
    const auto most = yields_.at(pair(convert.from, convert.into), "yield_unknown").kilograms;
    take(tx.sender(), convert.from, positive(convert.used));
    require(positive(convert.made) <= convert.used * most, "yield_too_high",
            convert.made.text() + " kg out of " + convert.used.text() + " kg: agreed are at most " + most.text() +
                " for each");
    return add(tx.sender(), convert.into, convert.made);
  }
  Balance balance(keten::Tx& /*tx*/, const Account& account) {
    return balances_.find(pair(account.owner, account.product)).value_or(Balance{});
  }

 private:
  static void by_certifier(const keten::Tx& tx) {
    require(tx.sender() == kCertifier, "not_certifier", "only " + std::string(kCertifier) + " may do this");
  }
  /// A key of two texts: with the length of the first in front, "a/b" and "c" are not "a" and "b/c".
  static std::string pair(const std::string& first, const std::string& second) {
    return keten::text_of(first.size()) + "/" + first + "/" + second;
  }
  static Decimal positive(Decimal kilograms) {
    require(kilograms > Decimal(0), "not_positive", "expected more than 0 kg, found " + kilograms.text());
    return kilograms;
  }
  Balance add(const keten::Party& owner, const std::string& product, Decimal kilograms) {
    const auto key = pair(owner, product);
    auto balance = balances_.find(key).value_or(Balance{});
    balance.kilograms += kilograms;
    balances_.put(key, balance);
    return balance;
  }
  void take(const keten::Party& owner, const std::string& product, Decimal kilograms) {
    const auto key = pair(owner, product);
    auto balance = balances_.find(key).value_or(Balance{});
    require(balance.kilograms >= kilograms, "not_enough",
            owner + " has " + balance.kilograms.text() + " kg of " + product + ", asked are " + kilograms.text());
    balance.kilograms -= kilograms;
    balances_.put(key, balance);
  }

  keten::Map<Credit> certificates_{"certificates"};
  keten::Map<Balance> yields_{"yields"};
  keten::Map<Balance> balances_{"balances"};
};

KETEN_CONTRACT(CertifiedMass, "certified-mass", "1.0.0", allow, credit, transfer, convert, balance)
