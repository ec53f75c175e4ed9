"""
The transactional inbox: deliveries are written before their sender is answered, and become runs afterwards.

Nothing is lost between the two, because the delivery is in the database; nothing runs twice, because the
run's id follows from the delivery's, and Airflow's table holds one run of an id.
"""
