;; imports, exports, recursion, limits
(module binary "\00asm\01\00\00\00" "\01\04\01\60\00\00\03\02\01\00\07\05\01\01z\00\00\0a\04\01\02\00\0b")
(assert_return (invoke "z"))
(assert_malformed (module quote "(func (i32.const 08x))") "unknown operator")
(assert_malformed (module quote "(get_local 0)") "unexpected token")
(assert_invalid (module quote "(func (i32.const 1))") "type mismatch")
(assert_malformed (module binary "\00asm") "unexpected end")
;; recursion through 900 frames is within the ledger's limit; 5000 is valid code elsewhere but over it
(module (func $d (export "down") (param i32) (result i32) (if (result i32) (i32.eqz (local.get 0)) (then (i32.const 7)) (else (call $d (i32.sub (local.get 0) (i32.const 1)))))))
(assert_return (invoke "down" (i32.const 900)) (i32.const 7))
(assert_return (invoke "down" (i32.const 1020)) (i32.const 7))
(assert_return (invoke "down" (i32.const 5000)) (i32.const 7))
;; 200 locals, 250 frames
(module (func $w (export "wide") (param i32) (result i64) (local i64 i64 i64 i64 i64 i64 i64 i64 i64 i64 i64 i64 i64 i64 i64 i64 i64 i64 i64 i64)
  (if (result i64) (i32.eqz (local.get 0)) (then (i64.const 7)) (else (local.set 5 (i64.const 9)) (i64.add (local.get 5) (call $w (i32.sub (local.get 0) (i32.const 1))))))))
(assert_return (invoke "wide" (i32.const 1000)) (i64.const 9007))
;; a table initialised twice, segments that overlap, data over data
(module (type $i (func (result i32))) (table 4 funcref) (elem (i32.const 0) $a $b $a) (elem (i32.const 1) $a $b) (func $a (result i32) (i32.const 1)) (func $b (result i32) (i32.const 2))
  (func (export "c") (param i32) (result i32) (call_indirect (type $i) (local.get 0))))
(assert_return (invoke "c" (i32.const 0)) (i32.const 1)) (assert_return (invoke "c" (i32.const 1)) (i32.const 1)) (assert_return (invoke "c" (i32.const 2)) (i32.const 2)) (assert_trap (invoke "c" (i32.const 3)) "uninitialized")
;; import of a function of an importing module, twice over
(module $P (import "spectest" "print_i32" (func $p (param i32))) (export "p" (func $p)) (table (export "t") 1 funcref) (elem (i32.const 0) $p) (func (export "go") (call_indirect (param i32) (i32.const 5) (i32.const 0))))
(register "P" $P)
(module (import "P" "p" (func $p (param i32))) (func (export "q") (call $p (i32.const 1))))
(assert_return (invoke "q")) (assert_return (invoke $P "go"))
(assert_return (invoke $P "p" (i32.const 4)))
