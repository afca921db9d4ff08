(* ------------------------------------------------------------------ from a definition to its one-step relation *)

(* A derivation: what every derivative in one number obeys. *)
Record derivation (R : comRingType) (d : R -> R) : Prop := Derivation {
  of_sum : forall a b, d (a + b) = d a + d b;
  of_product : forall a b, d (a * b) = d a * b + a * d b }.

(* A matrix, and how much it moves. *)
Definition moving (R : comRingType) m n : Type := ('M[R]_(m, n) * 'M[R]_(m, n))%type.

Section Moves.
Variable R : comRingType.
Implicit Types (m n p q : nat).

Definition entrywise m n (A B : 'M[R]_(m, n)) : 'M[R]_(m, n) := \matrix_(i, j) (A i j * B i j).
Definition held m n (A : 'M[R]_(m, n)) : moving R m n := (A, 0).
Definition add m n (A B : moving R m n) : moving R m n := (A.1 + B.1, A.2 + B.2).
Definition opposite m n (A : moving R m n) : moving R m n := (- A.1, - A.2).
Definition times m n p (A : moving R m n) (B : moving R n p) : moving R m p :=
  (A.1 *m B.1, A.2 *m B.1 + A.1 *m B.2).
Definition by_entries m n (A B : moving R m n) : moving R m n :=
  (entrywise A.1 B.1, entrywise A.2 B.1 + entrywise A.1 B.2).
Definition apply m n (f f' : R -> R) (A : moving R m n) : moving R m n :=
  (map_mx f A.1, entrywise (map_mx f' A.1) A.2).
Definition turned m n (A : moving R m n) : moving R n m := (A.1^T, A.2^T).

(* A column that moves with derivations. *)
Section Along.
Variable d : R -> R.
Hypothesis rules : derivation d.
Definition along m n (A : 'M[R]_(m, n)) : moving R m n := (A, map_mx d A).

Lemma of_zero : d 0 = 0.
Proof. by apply: (@addrI _ (d 0)); rewrite -(of_sum rules) !addr0. Qed.
Lemma of_one : d 1 = 0.
Proof. by apply: (@addrI _ (d 1)); rewrite addr0 -{3}[1]mulr1 (of_product rules) mulr1 mul1r. Qed.
Lemma of_opposite a : d (- a) = - d a.
Proof. by apply: (@addrI _ (d a)); rewrite -(of_sum rules) !subrr of_zero. Qed.
Lemma of_number k : d k%:R = 0.
Proof. by elim: k => [|k IH]; rewrite ?of_zero // -addn1 natrD (of_sum rules) IH of_one addr0. Qed.
Lemma of_sums (I : Type) (r : seq I) (F : I -> R) : d (\sum_(i <- r) F i) = \sum_(i <- r) d (F i).
Proof. by elim: r => [|i r IH]; rewrite ?big_nil ?of_zero // !big_cons (of_sum rules) IH. Qed.

Lemma along_held m n (A : 'M[R]_(m, n)) : map_mx d A = 0 -> held A = along A.
Proof. by rewrite /along => ->. Qed.
Lemma along_number m n k : held (const_mx k%:R : 'M[R]_(m, n)) = along (const_mx k%:R).
Proof. by apply: along_held; apply/matrixP => i j; rewrite !mxE of_number. Qed.
Lemma along_add m n (A B : 'M[R]_(m, n)) : add (along A) (along B) = along (A + B).
Proof. by congr pair; apply/matrixP => i j; rewrite !mxE (of_sum rules). Qed.
Lemma along_opposite m n (A : 'M[R]_(m, n)) : opposite (along A) = along (- A).
Proof. by congr pair; apply/matrixP => i j; rewrite !mxE of_opposite. Qed.
Lemma along_times m n p (A : 'M[R]_(m, n)) (B : 'M[R]_(n, p)) : times (along A) (along B) = along (A *m B).
Proof.
congr pair; apply/matrixP => i j; rewrite !mxE of_sums -big_split.
by apply: eq_bigr => k _; rewrite !mxE (of_product rules).
Qed.
Lemma along_by_entries m n (A B : 'M[R]_(m, n)) : by_entries (along A) (along B) = along (entrywise A B).
Proof. by congr pair; apply/matrixP => i j; rewrite !mxE (of_product rules). Qed.
Lemma along_turned m n (A : 'M[R]_(m, n)) : turned (along A) = along A^T.
Proof. by congr pair; apply/matrixP => i j; rewrite !mxE. Qed.
Lemma along_apply m n (f f' : R -> R) (A : 'M[R]_(m, n)) : (forall a, d (f a) = f' a * d a) ->
  apply f f' (along A) = along (map_mx f A).
Proof. by move=> chain; congr pair; apply/matrixP => i j; rewrite !mxE chain. Qed.
End Along.

(* A moves as B does, and besides c_j times as C_j does, for each j. *)
Definition splits m n q (c : 'I_q -> R) (A B : moving R m n) (C : 'I_q -> moving R m n) :=
  [/\ B.1 = A.1, forall j, (C j).1 = A.1 & A.2 = B.2 + \sum_j c j *: (C j).2].
Definition unit q (j : 'I_q) : 'M[R]_(q, 1) := \matrix_(i, k) (i == j)%:R.

Section Split.
Variables (q : nat) (c : 'I_q -> R).

Lemma split_rest m n (A : moving R m n) : splits c A A (fun=> held A.1).
Proof. by split=> //=; rewrite big1 ?addr0 // => j _; rewrite scaler0. Qed.
Lemma split_held m n (A : 'M[R]_(m, n)) : splits c (held A) (held A) (fun=> held A).
Proof. exact: split_rest. Qed.
Lemma split_moved m n (A B : 'M[R]_(m, n)) : splits c (A, B) (A, B) (fun=> held A).
Proof. exact: split_rest. Qed.
Lemma split_add m n (A A' B B' : moving R m n) C C' : splits c A B C -> splits c A' B' C' ->
  splits c (add A A') (add B B') (fun j => add (C j) (C' j)).
Proof.
case=> a b e [a' b' e']; split=> [|j|] /=; [by rewrite a a' | by rewrite b b' | rewrite e e' addrACA -big_split].
by congr (_ + _); apply: eq_bigr => j _; rewrite scalerDr.
Qed.
Lemma split_opposite m n (A B : moving R m n) C : splits c A B C ->
  splits c (opposite A) (opposite B) (fun j => opposite (C j)).
Proof.
case=> a b e; split=> [|j|] /=; [by rewrite a | by rewrite b | rewrite e opprD -sumrN].
by congr (_ + _); apply: eq_bigr => j _; rewrite scalerN.
Qed.
Lemma split_times m n p (A B : moving R m n) C (A' B' : moving R n p) C' : splits c A B C -> splits c A' B' C' ->
  splits c (times A A') (times B B') (fun j => times (C j) (C' j)).
Proof.
case=> a b e [a' b' e']; split=> [|j|] /=; [by rewrite a a' | by rewrite b b' | rewrite a a' e e' mulmxDl mulmxDr addrACA].
congr (_ + _); rewrite mulmx_suml mulmx_sumr -big_split; apply: eq_bigr => j _.
by rewrite b b' scalerDr -scalemxAl -scalemxAr.
Qed.
Lemma entrywise_split m n (A B : 'M[R]_(m, n)) (F : 'I_q -> 'M[R]_(m, n)) :
  entrywise A (B + \sum_j c j *: F j) = entrywise A B + \sum_j c j *: entrywise A (F j).
Proof.
apply/matrixP => i k; rewrite !mxE !summxE mulrDr mulr_sumr; congr (_ + _).
by apply: eq_bigr => j _; rewrite !mxE mulrCA.
Qed.
Lemma entrywiseC m n (A B : 'M[R]_(m, n)) : entrywise A B = entrywise B A.
Proof. by apply/matrixP => i k; rewrite !mxE mulrC. Qed.
Lemma entrywise0 m n (A : 'M[R]_(m, n)) : entrywise A 0 = 0.
Proof. by apply/matrixP => i k; rewrite !mxE mulr0. Qed.
Lemma entrywise0l m n (A : 'M[R]_(m, n)) : entrywise 0 A = 0.
Proof. by rewrite entrywiseC entrywise0. Qed.
Lemma split_by_entries m n (A B A' B' : moving R m n) C C' : splits c A B C -> splits c A' B' C' ->
  splits c (by_entries A A') (by_entries B B') (fun j => by_entries (C j) (C' j)).
Proof.
case=> a b e [a' b' e']; split=> [|j|] /=; [by rewrite a a' | by rewrite b b' | rewrite a a' e e' entrywise_split].
rewrite (entrywiseC (_ + _)) entrywise_split addrACA -big_split (entrywiseC _ B.2); congr (_ + _).
by apply: eq_bigr => j _; rewrite b b' scalerDr (entrywiseC _ A'.1).
Qed.
Lemma split_apply m n (f f' : R -> R) (A B : moving R m n) C : splits c A B C ->
  splits c (apply f f' A) (apply f f' B) (fun j => apply f f' (C j)).
Proof.
case=> a b e; split=> [|j|] /=; [by rewrite a | by rewrite b | rewrite a e entrywise_split; congr (_ + _)].
by apply: eq_bigr => j _; rewrite b.
Qed.
Lemma split_turned m n (A B : moving R m n) C : splits c A B C ->
  splits c (turned A) (turned B) (fun j => turned (C j)).
Proof.
case=> a b e; split=> [|j|] /=; [by rewrite a | by rewrite b | rewrite e linearD linear_sum /=].
by congr (_ + _); apply: eq_bigr => j _; rewrite linearZ.
Qed.
End Split.
Lemma split_state q (A v : 'M[R]_(q, 1)) : splits (fun j => v j ord0) (A, v) (held A) (fun j => (A, unit j)).
Proof.
split=> //=; rewrite add0r; apply/matrixP => i k; rewrite summxE (bigD1 i) //= big1 => [|j ne].
  by rewrite !mxE eqxx mulr1 addr0 ord1.
by rewrite !mxE eq_sym (negbTE ne) mulr0.
Qed.

(* The matrix with these columns. *)
Definition columns n p (F : 'I_p -> moving R n 1) : 'M[R]_(n, p) := \matrix_(i, k) (F k).2 i ord0.
Lemma columns_split n p q (F G : 'I_p -> moving R n 1) (J : 'I_q -> moving R n 1) (v : 'I_p -> moving R q 1) :
  (forall k, splits (fun j => (v k).2 j ord0) (F k) (G k) J) -> columns F = columns G + columns J *m columns v.
Proof.
move=> split; apply/matrixP => i k; case: (split k) => _ _; rewrite !mxE => ->; rewrite !mxE summxE.
by congr (_ + _); apply: eq_bigr => j _; rewrite !mxE mulrC.
Qed.
Lemma columns_same n p (F G : 'I_p -> moving R n 1) : (forall k, F k = G k) -> columns F = columns G.
Proof. by move=> FG; apply/matrixP => i k; rewrite !mxE FG. Qed.
Lemma columns_held n p (F : 'I_p -> moving R n 1) : (forall k, (F k).2 = 0) -> columns F = 0.
Proof. by move=> F0; apply/matrixP => i k; rewrite !mxE F0 mxE. Qed.
End Moves.
Arguments unit {R q}.

Ltac split_each :=
  lazymatch goal with
  | |- splits _ (held _) _ _ => exact: split_held
  | |- splits _ (_, _) (held _) _ => exact: split_state
  | |- splits _ (_, _) _ _ => exact: split_moved
  | |- splits _ (apply _ _ _) _ _ => apply: split_apply; split_each
  | |- splits _ (add _ _) _ _ => apply: split_add; split_each
  | |- splits _ (opposite _) _ _ => apply: split_opposite; split_each
  | |- splits _ (times _ _) _ _ => apply: split_times; split_each
  | |- splits _ (by_entries _ _) _ _ => apply: split_by_entries; split_each
  | |- splits _ (turned _) _ _ => apply: split_turned; split_each
  end.
Ltac split_up := rewrite /along; split_each.
Ltac stand_still := rewrite /= ?(mul0mx, mulmx0, entrywise0, entrywise0l, trmx0, oppr0, addr0) //.
